import type { Shape } from '../../shapes.js';
import type { FusedActivation } from '../dense/fused-activation.js';
import type { ConvolutionGeometry } from '../stock-repairs/convolution-geometry.js';

/** Zeros around an image before a filter is laid on it. */
export interface Padding {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** What is fixed about a convolution, beside its shapes. */
export interface ConvolutionAttributes {
  readonly activation: FusedActivation;
  readonly padding: Padding;
}

/** Sizes of the convolution of images `[batch, height, width, c]` with a filter `[k, l, c, d]`. */
export function convolutionGeometry(
  [batch, height, width, channels]: Shape,
  [filterHeight, filterWidth, , outChannels]: Shape,
  { top, bottom, left, right }: Padding,
): ConvolutionGeometry {
  return {
    ...{ batch, height, width, channels, outChannels, filterHeight, filterWidth, top, left },
    outHeight: height + top + bottom - filterHeight + 1,
    outWidth: width + left + right - filterWidth + 1,
    ...{ strideHeight: 1, strideWidth: 1 },
  };
}

/** Shape of the result. */
export function convolvedShape(x: Shape, filter: Shape, padding: Padding): Shape {
  const { batch, outHeight, outWidth, outChannels } = convolutionGeometry(x, filter, padding);
  return [batch, outHeight, outWidth, outChannels];
}
