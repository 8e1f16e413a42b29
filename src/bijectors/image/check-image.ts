import { FlowShapeError } from '../../errors.js';
import { formatShape, type Shape } from '../../shapes.js';

/** Shape of an image: height, width, channels. */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** @throws FlowShapeError unless events are `[height, width, channels]`, none of them empty. */
export function checkImage(where: string, eventShape: Shape): ImageShape {
  if (eventShape.length !== 3 || eventShape.some((length) => !Number.isInteger(length) || length < 1)) {
    throw new FlowShapeError(where, {
      expected: 'images, [height, width, channels]',
      got: formatShape(eventShape),
    });
  }
  return eventShape as unknown as ImageShape;
}

/**
 * @throws FlowShapeError unless the channels can be cut into `parts` equal ones.
 */
export function checkChannels(where: string, [height, width, channels]: ImageShape, parts: number): void {
  if (channels % parts === 0) return;
  throw new FlowShapeError(where, {
    expected: `a number of channels that ${parts} divides`,
    got: `${channels} in ${formatShape([height, width, channels])}`,
    hint: 'A squeeze before it makes four channels of one.',
  });
}
