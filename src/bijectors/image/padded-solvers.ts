import * as tf from '@tensorflow/tfjs-core';
import type { GradSaveFunc, Tensor } from '@tensorflow/tfjs-core';
import { paddedConvolution, paddedConvolutionInverse } from '../../kernels/padded-convolution/op.js';
import { offTape } from '../../kernels/stop-gradient/off-tape.js';

/** Ways to invert a padded convolution; all give the same numbers. */
export type PaddedSolver = 'wavefront' | 'sequential' | 'nilpotent';

export const PADDED_SOLVERS: readonly PaddedSolver[] = ['wavefront', 'sequential', 'nilpotent'];

/** Options of {@link solvePadded}. */
export interface PaddedSolverOptions {
  readonly solver: PaddedSolver;
  /** The nilpotent iteration ends early once no number changes by more than this. 0: it runs to its end. */
  readonly tolerance: number;
}

/**
 * Solves `y = paddedConvolution(x, kernel)` for `x`, the corner at the top left.
 *
 * Gradients are those of the solution, by one more solve with the transposed system, whichever solver found it: nothing is
 * differentiated through iterations.
 *
 * @param y `[batch, height, width, c]`
 * @param kernel `[k, k, c, c]`
 * @param cornerInverse the inverse of `kernel[k - 1, k - 1]`, as {@link paddedConvolutionInverse} takes it
 */
export function solvePadded(
  y: Tensor,
  kernel: Tensor,
  cornerInverse: Tensor,
  { solver, tolerance }: PaddedSolverOptions,
): Tensor {
  if (solver === 'wavefront') return paddedConvolutionInverse(y, kernel, cornerInverse);
  return tf.customGrad((...args) => {
    const save = args.pop() as GradSaveFunc;
    const inputs = args as [Tensor, Tensor, Tensor];
    save(inputs);
    return {
      value: solver === 'nilpotent' ? iterateNilpotent(...inputs, { tolerance }) : substitute(...inputs),
      gradFunc: (dx, saved) => pullBack(saved, dx as Tensor),
    };
  })(y, kernel, cornerInverse);
}

/** The gradients of the kernel along diagonals. Where they are differentiated themselves, the tape outside has to see them. */
function pullBack(inputs: Tensor[], dx: Tensor): Tensor[] {
  const gradients = () => tf.grads(paddedConvolutionInverse)(inputs, dx);
  return tf.engine().state.gradientDepth > 0 ? gradients() : offTape(gradients);
}

/**
 * The inverse by iteration, `x ← (y - K′ x) Kc⁻¹` from `x = 0`, with `K′` the convolution by all taps but the corner's `Kc`.
 *
 * Each step moves what is wrong down or to the right, so that `height + width - 1` steps leave nothing: one padded
 * convolution and one product of channels a step, on any backend. Where taps are large against the corner, rounding errors
 * grow on the way as they do in substitution.
 */
export function iterateNilpotent(
  y: Tensor,
  kernel: Tensor,
  cornerInverse: Tensor,
  { tolerance = 0, steps }: { readonly tolerance?: number; readonly steps?: number } = {},
): Tensor {
  const [, height, width, channels] = y.shape as number[];
  const size = kernel.shape[0];
  return tf.tidy(() => {
    const divide = (tensor: Tensor) =>
      tf.reshape(tf.matMul(tf.reshape(tensor, [tensor.size / channels, channels]), cornerInverse), tensor.shape);
    const mask = Array.from({ length: size * size }, (_, tap) => (tap < size * size - 1 ? 1 : 0));
    const others = divide(tf.mul(kernel, tf.tensor4d(mask, [size, size, 1, 1])));
    const start = divide(y);
    let x = start;
    for (let step = 1; step < (steps ?? height + width - 1); step++) {
      const next = tf.sub(start, paddedConvolution(x, others));
      const settled = tolerance > 0 && largestChange(x, next) <= tolerance;
      if (step > 1) x.dispose();
      x = next;
      if (settled) break;
    }
    return x === start ? tf.clone(x) : x;
  });
}

function largestChange(from: Tensor, to: Tensor): number {
  return tf.tidy(() => tf.max(tf.abs(tf.sub(to, from)))).dataSync()[0];
}

/**
 * The inverse pixel by pixel in raster order, in doubles, as it is written in CInC (Nagar et al., 2021): each pixel is what the
 * taps on its predecessors leave of `y`, times the inverse of the corner. Waits for the numbers of its arguments, and is
 * slow: it is there to check the others.
 */
function substitute(y: Tensor, kernel: Tensor, cornerInverse: Tensor): Tensor {
  const [batch, height, width, channels] = y.shape as number[];
  const size = kernel.shape[0];
  const [given, taps, inverse] = [y, kernel, cornerInverse].map((tensor) => tensor.dataSync<'float32'>());
  const x = new Float64Array(y.size);
  const rest = new Float64Array(channels);
  for (let pixel = 0; pixel < batch * height * width; pixel++) {
    const [row, column] = [Math.floor(pixel / width) % height, pixel % width];
    for (let c = 0; c < channels; c++) rest[c] = given[pixel * channels + c];
    for (let up = 0; up <= Math.min(size - 1, row); up++) {
      for (let left = up === 0 ? 1 : 0; left <= Math.min(size - 1, column); left++) {
        const neighbour = (pixel - up * width - left) * channels;
        const tap = ((size - 1 - up) * size + size - 1 - left) * channels * channels;
        for (let from = 0; from < channels; from++) {
          for (let to = 0; to < channels; to++) rest[to] -= x[neighbour + from] * taps[tap + from * channels + to];
        }
      }
    }
    for (let from = 0; from < channels; from++) {
      for (let to = 0; to < channels; to++) x[pixel * channels + to] += rest[from] * inverse[from * channels + to];
    }
  }
  return tf.tensor(Float32Array.from(x), y.shape);
}
