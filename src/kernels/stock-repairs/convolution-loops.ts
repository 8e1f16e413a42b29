import type { Floats } from '../fused/cpu.js';
import { forEachProduct, type ConvolutionGeometry } from './convolution-geometry.js';

/** `dW[tap, c, o] = Σ x[pixel, c] dy[result, o]` */
export function filterGradient(g: ConvolutionGeometry, x: Floats, dy: Floats, dFilter: Floats): void {
  const { channels, outChannels } = g;
  const sums = new Float64Array(dFilter.length);
  forEachProduct(g, (pixel, result, tap) => {
    for (let c = 0; c < channels; c++) {
      const value = x[pixel * channels + c];
      const at = (tap * channels + c) * outChannels;
      for (let o = 0; o < outChannels; o++) sums[at + o] += value * dy[result * outChannels + o];
    }
  });
  dFilter.set(sums);
}

/** `dx[pixel, c] = Σ W[tap, c, o] dy[result, o]` */
export function imageGradient(g: ConvolutionGeometry, dy: Floats, filter: Floats, dx: Floats): void {
  const { channels, outChannels } = g;
  const sums = new Float64Array(dx.length);
  forEachProduct(g, (pixel, result, tap) => {
    for (let c = 0; c < channels; c++) {
      const at = (tap * channels + c) * outChannels;
      let sum = 0;
      for (let o = 0; o < outChannels; o++) sum += filter[at + o] * dy[result * outChannels + o];
      sums[pixel * channels + c] += sum;
    }
  });
  dx.set(sums);
}

/** `dW[tap, o] = Σ x[pixel, ⌊o / multiplier⌋] dy[result, o]` */
export function depthwiseFilterGradient(g: ConvolutionGeometry, x: Floats, dy: Floats, dFilter: Floats): void {
  const { channels, outChannels } = g;
  const multiplier = outChannels / channels;
  const sums = new Float64Array(dFilter.length);
  forEachProduct(g, (pixel, result, tap) => {
    for (let o = 0; o < outChannels; o++) {
      sums[tap * outChannels + o] += x[pixel * channels + Math.floor(o / multiplier)] * dy[result * outChannels + o];
    }
  });
  dFilter.set(sums);
}

/** `dx[pixel, ⌊o / multiplier⌋] = Σ W[tap, o] dy[result, o]` */
export function depthwiseImageGradient(g: ConvolutionGeometry, dy: Floats, filter: Floats, dx: Floats): void {
  const { channels, outChannels } = g;
  const multiplier = outChannels / channels;
  const sums = new Float64Array(dx.length);
  forEachProduct(g, (pixel, result, tap) => {
    for (let o = 0; o < outChannels; o++) {
      sums[pixel * channels + Math.floor(o / multiplier)] +=
        filter[tap * outChannels + o] * dy[result * outChannels + o];
    }
  });
  dx.set(sums);
}
