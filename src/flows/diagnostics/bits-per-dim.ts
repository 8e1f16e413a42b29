import { FlowConfigError } from '../../errors.js';
import { sizeOf, type Shape } from '../../shapes.js';

/**
 * A log-likelihood in nats an event as bits a dimension, `−log p / (D ln 2)`: what a lossless code built on the model would
 * need for one number of an image, on average. Of pixels in [0, 2^bits), with no rescaling left out, so that a model that
 * knows nothing has `bits`.
 *
 * @param logProb in nats, such as the mean over a test set; of pixels themselves rather than rescaled ones
 * @param dims numbers in an event, or its shape
 *
 * @example
 * onEpoch: ({ train }) => console.log(bitsPerDim(-train, model.eventShape).toFixed(3), 'bits a dimension');
 *
 * @throws FlowConfigError for dims that are not a positive whole number.
 */
export function bitsPerDim(logProb: number, dims: number | Shape): number {
  const count = typeof dims === 'number' ? dims : sizeOf(dims);
  if (!Number.isInteger(count) || count < 1) {
    throw new FlowConfigError('bitsPerDim.dims', {
      expected: 'a positive whole number, or a shape',
      got: String(dims),
    });
  }
  return -logProb / (count * Math.LN2);
}
