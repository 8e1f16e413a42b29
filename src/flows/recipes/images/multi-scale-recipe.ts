import type { Bijector } from '../../../bijectors/bijector.js';
import { Chain } from '../../../bijectors/chain.js';
import { checkImage, type ImageShape } from '../../../bijectors/image/check-image.js';
import { MultiScale } from '../../../bijectors/image/multi-scale.js';
import { PixelScaling } from '../../../bijectors/image/pixel-scaling.js';
import { Squeeze } from '../../../bijectors/image/squeeze.js';
import { Reshape } from '../../../bijectors/reshape.js';
import { ConvNet } from '../../../conditioners/convolutional/conv-net.js';
import { Normal } from '../../../distributions/normal.js';
import { FlowShapeError } from '../../../errors.js';
import { RandomStream } from '../../../random.js';
import { formatShape, sizeOf, type Shape } from '../../../shapes.js';
import { imageContext } from '../conditioning.js';
import { Flow } from '../../flow.js';
import type { ImageFlowOptions } from './image-recipe.js';
import { checkPositive } from '../recipe.js';

/** Options of a flow of images with several resolutions, such as `glow`. */
export interface MultiScaleFlowOptions extends ImageFlowOptions {
  /** Resolutions: each begins, seen from the data, by squeezing 2 × 2 pixels into the channels of one. */
  readonly levels?: number;
  /** Steps of the flow at each resolution. */
  readonly steps?: number;
  /** Channels of the hidden layers of each coupling network. */
  readonly hidden?: number;
  /** Whether half of the channels leave for the base after each level but the last. */
  readonly split?: boolean;
}

/** The same, with sizes filled in. */
export type SizedMultiScaleFlowOptions = MultiScaleFlowOptions &
  Required<Pick<MultiScaleFlowOptions, 'levels' | 'steps' | 'hidden' | 'split'>>;

/** Sizes of Glow, and of flows that differ from it in their steps: those published for CIFAR-10, and small ones. */
export const GLOW_PRESETS = {
  paper: { levels: 3, steps: 32, hidden: 512, split: true },
  small: { levels: 2, steps: 4, hidden: 32, split: true },
};

/** Builds one step of a flow for images of a shape, as bijectors from base to data. `index` counts the steps of a level from the base. */
export type ImageStep = (eventShape: ImageShape, seed: RandomStream, index: number) => readonly Bijector[];

/**
 * Multi-scale architecture for images: pixels are scaled to [-1/2, 1/2), then each level squeezes and takes its steps. What
 * leaves at a level has a prior learned from what stays.
 *
 * @throws FlowConfigError for sizes that are not positive integers.
 * @throws FlowShapeError for images that cannot be halved so often.
 */
export function assembleMultiScaleFlow(name: string, options: SizedMultiScaleFlowOptions, step: ImageStep): Flow {
  const { bits = 8, levels, steps, hidden, split, embedding = null, seed = 0 } = options;
  const context = imageContext(name, options);
  checkPositive(name, 'levels', levels);
  checkPositive(name, 'steps', steps);
  checkPositive(name, 'hidden', hidden);
  const eventShape = checkImage(name, options.eventShape);
  checkHalving(name, eventShape, levels);
  const stream = RandomStream.from(seed).split(name);
  const level = (index: number) => (shape: Shape) => {
    const squeeze = new Squeeze({ eventShape: shape });
    const below = stream.split(`level.${index}`);
    const stack = Array.from({ length: steps }, (_, i) =>
      step(squeeze.eventShapeIn as ImageShape, below.split(`step.${i}`), i),
    );
    return new Chain({ bijectors: [...stack.flat(), squeeze] });
  };
  const all = Array.from({ length: levels }, (_, index) => level(index));
  const body = split
    ? new MultiScale({
        eventShape,
        levels: all,
        prior: (request, index) =>
          new ConvNet({ ...request, hidden: [], kernelSizes: [3], logScale: true, ...context, seed: stream.split(`prior.${index}`) }), // prettier-ignore
      })
    : oneScale(eventShape, all);
  const base = Normal.standard([sizeOf(eventShape)]);
  return new Flow({
    base,
    bijector: new Chain({ bijectors: [body, new PixelScaling({ eventShape, bits })] }),
    embedding,
  });
}

/** All levels one after the other; nothing leaves on the way. */
function oneScale(eventShape: ImageShape, levels: readonly ((shape: Shape) => Bijector)[]): Bijector {
  const fromData: Bijector[] = [];
  for (const build of levels) fromData.push(build(fromData.at(-1)?.eventShapeIn ?? eventShape));
  const last = fromData.at(-1)!.eventShapeIn;
  const flat = new Reshape({ eventShapeIn: [sizeOf(last)], eventShapeOut: last });
  return new Chain({ bijectors: [flat, ...fromData.toReversed()] });
}

function checkHalving(name: string, [height, width]: ImageShape, levels: number): void {
  const factor = 2 ** levels;
  if (height % factor === 0 && width % factor === 0) return;
  throw new FlowShapeError(name, {
    expected: `images whose height and width are multiples of ${factor}, for ${levels} levels`,
    got: formatShape([height, width]),
    hint: 'Pad the images, or take fewer levels.',
  });
}
