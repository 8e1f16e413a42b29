import { Invert } from '../../../bijectors/invert.js';
import type { Bijector } from '../../../bijectors/bijector.js';
import type { ConditionerRequest } from '../../../bijectors/conditioner-request.js';
import type { ImageShape } from '../../../bijectors/image/check-image.js';
import { SpatialCoupling } from '../../../bijectors/image/spatial-coupling.js';
import type { Conditioner } from '../../../conditioners/conditioner.js';
import { ConvNet } from '../../../conditioners/convolutional/conv-net.js';
import { ElementwiseAffine } from '../../../elementwise/elementwise-affine.js';
import type { RandomStream } from '../../../random.js';
import { imageContext } from '../conditioning.js';
import type { SizedMultiScaleFlowOptions } from './multi-scale-recipe.js';

/** Glow's network: 3×3, 1×1 and 3×3 convolutions, and a learned factor on every channel that it emits. */
export function couplingNetwork(
  request: ConditionerRequest,
  options: SizedMultiScaleFlowOptions,
  seed: RandomStream,
): Conditioner {
  const { hidden } = options;
  return new ConvNet({ ...request, hidden: [hidden, hidden], logScale: true, ...imageContext('couplingNetwork', options), seed }); // prettier-ignore
}

/**
 * Glow's coupling of two halves of the channels, `z₂ = (x₂ + t(x₁)) · sigmoid(s(x₁) + 2)`: the scale is bounded in the
 * direction of the density. Like Glow's it begins with the contraction by `sigmoid(2)`.
 */
export function affineImageCoupling(
  eventShape: ImageShape,
  options: SizedMultiScaleFlowOptions,
  seed: RandomStream,
): Bijector {
  const conditioner = (request: ConditionerRequest) =>
    couplingNetwork({ ...request, initialOutput: request.initialOutput.map(() => 0) }, options, seed);
  return new Invert({
    bijector: new SpatialCoupling({ eventShape, transform: new ElementwiseAffine({ scale: 'sigmoid' }), conditioner }),
  });
}
