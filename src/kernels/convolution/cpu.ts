import type { CpuKernel } from '../fused/cpu.js';
import { ACTIVATION_SLOPE, ACTIVATION_VALUE } from '../dense/fused-activation.js';
import { forEachProduct } from '../stock-repairs/convolution-geometry.js';
import { filterGradient, imageGradient } from '../stock-repairs/convolution-loops.js';
import { convolutionGeometry, type ConvolutionAttributes } from './spec.js';

/** `y = φ(x ∗ W + b)`, sums in doubles. */
export const convolutionOnCpu: CpuKernel<ConvolutionAttributes> = (
  [x, filter, bias],
  [y],
  { activation, padding },
  [xShape, filterShape],
) => {
  const geometry = convolutionGeometry(xShape, filterShape, padding);
  const { channels, outChannels } = geometry;
  const sums = Float64Array.from(y, (_, i) => bias[i % outChannels]);
  forEachProduct(geometry, (pixel, result, tap) => {
    for (let c = 0; c < channels; c++) {
      const value = x[pixel * channels + c];
      const at = (tap * channels + c) * outChannels;
      for (let o = 0; o < outChannels; o++) sums[result * outChannels + o] += value * filter[at + o];
    }
  });
  y.set(sums.map(ACTIVATION_VALUE[activation]));
};

/** With `g = dy ∘ φ′`: `db = Σ g`, and the gradients of a plain convolution for the upstream gradient `g`. */
export const convolutionGradientOnCpu: CpuKernel<ConvolutionAttributes> = (
  [x, filter, y, dy],
  [dx, dFilter, dBias],
  { activation, padding },
  [xShape, filterShape],
) => {
  const geometry = convolutionGeometry(xShape, filterShape, padding);
  const slope = ACTIVATION_SLOPE[activation];
  const g = Float64Array.from(dy, (upstream, i) => upstream * slope(y[i]));
  const sums = new Float64Array(geometry.outChannels);
  g.forEach((value, i) => (sums[i % sums.length] += value));
  dBias.set(sums);
  imageGradient(geometry, g, filter, dx);
  filterGradient(geometry, x, g, dFilter);
};
