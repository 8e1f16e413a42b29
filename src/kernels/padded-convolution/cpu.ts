import type { CpuKernel, Floats } from '../fused/cpu.js';
import type { Shape } from '../../shapes.js';

/** Solves for one pixel after the other, with sums in doubles. */
export const paddedInverseOnCpu: CpuKernel<object> = ([z, taps], [x], _, [shape, [size]]) => {
  solve(z, taps, x, shape, size, false);
};

/** `dz` is the transposed system solved for the upstream gradient; `dK = -Σ x ⊗ dz`, as for a convolution. */
export const paddedInverseGradientOnCpu: CpuKernel<object> = ([taps, x, dx], [dz, dTaps], _, [[size], shape]) => {
  solve(dx, taps, dz, shape, size, true);
  const channels = shape[3];
  const sums = new Float64Array(dTaps.length);
  forEachNeighbour(shape, size, false, (pixel, neighbour, tap) => {
    for (let from = 0; from < channels; from++) {
      const value = x[neighbour * channels + from];
      for (let to = 0; to < channels; to++) {
        sums[(tap * channels + from) * channels + to] -= value * dz[pixel * channels + to];
      }
    }
  });
  dTaps.set(sums);
};

function solve(z: Floats, taps: Floats, x: Floats, shape: Shape, size: number, reverse: boolean): void {
  const channels = shape[3];
  // A neighbour's channel and one's own, as places in a tap: transposed in reverse.
  const [theirs, own] = reverse ? [1, channels] : [channels, 1];
  const sums = new Float64Array(channels);
  let current = -1;
  const finish = (next: number) => {
    if (current >= 0)
      for (let c = 0; c < channels; c++) x[current * channels + c] = z[current * channels + c] - sums[c];
    sums.fill(0);
    current = next;
  };
  forEachNeighbour(
    shape,
    size,
    reverse,
    (_, neighbour, tap) => {
      for (let from = 0; from < channels; from++) {
        const value = x[neighbour * channels + from];
        const at = tap * channels * channels + from * theirs;
        for (let to = 0; to < channels; to++) sums[to] += value * taps[at + to * own];
      }
    },
    finish,
  );
  finish(-1);
}

/**
 * Visits all pixels in raster order, or the other way round, and the neighbours that each depends on: up and to the left,
 * or down and to the right.
 */
function forEachNeighbour(
  [batch, height, width]: Shape,
  size: number,
  reverse: boolean,
  visit: (pixel: number, neighbour: number, tap: number) => void,
  begin: (pixel: number) => void = () => {},
): void {
  const count = batch * height * width;
  const direction = reverse ? 1 : -1;
  for (let step = 0; step < count; step++) {
    const pixel = reverse ? count - 1 - step : step;
    const [i, j] = [Math.floor(pixel / width) % height, pixel % width];
    const [rows, columns] = reverse ? [height - 1 - i, width - 1 - j] : [i, j];
    begin(pixel);
    for (let u = 0; u <= Math.min(size - 1, rows); u++) {
      for (let v = u === 0 ? 1 : 0; v <= Math.min(size - 1, columns); v++) {
        visit(pixel, pixel + direction * (u * width + v), (size - 1 - u) * size + size - 1 - v);
      }
    }
  }
}
