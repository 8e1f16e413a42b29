import * as tf from '@tensorflow/tfjs-core';
import { odeSolve, type Flow, type VectorField } from 'tfjs-flows';

/** A square window `[-reach, reach]²` cut into `cells²` cells. */
export interface Grid {
  readonly reach: number;
  readonly cells: number;
}

/** Points on their way: `positions[k]` holds all of them, `x, y, x, y, ...`, at time `times[k]`. */
export interface Paths {
  readonly times: readonly number[];
  readonly positions: readonly Float32Array[];
}

/** Errors that no picture shows. */
const TOLERANCES = { rtol: 1e-3, atol: 1e-3 };

/** Centres of the cells, `[cells², 2]`, row by row from the top. */
export function centres({ reach, cells }: Grid): Float32Array {
  const at = (cell: number) => ((cell + 0.5) / cells) * 2 * reach - reach;
  return Float32Array.from({ length: 2 * cells * cells }, (_, i) => {
    const cell = i >> 1;
    return i % 2 === 0 ? at(cell % cells) : -at(Math.floor(cell / cells));
  });
}

/** Moves draws of the base along the field from time 0 to 1, and looks at them on the way. */
export function tracePaths(
  flow: Flow,
  field: VectorField,
  { draws, frames }: { draws: number; frames: number },
): Paths {
  const times = Array.from({ length: frames + 1 }, (_, k) => k / frames);
  const moments = tf.tidy(() => {
    const start = flow.base.sample(draws, { seed: 'paths' });
    const { saved } = odeSolve((t, z) => field.apply(t, z), start, { to: 1, saveAt: times, ...TOLERANCES });
    return [...saved];
  });
  return { times, positions: moments.map(read) };
}

/**
 * Density at a time on the way, in every cell: `log p_t(x) = log p₀(z) − ∫₀ᵗ tr ∂f/∂z ds` along the path that leads from
 * `z` to `x`, found by solving both backward in time.
 */
export function densityAt(flow: Flow, field: VectorField, time: number, grid: Grid): Float32Array {
  const density = tf.tidy(() => {
    const points = tf.tensor2d(centres(grid), [grid.cells ** 2, 2]);
    if (time === 0) return tf.exp(flow.base.logProb(points));
    const gained = tf.zeros([grid.cells ** 2, 1]);
    const { y } = odeSolve(
      (t, [z]) => {
        const [velocity, divergence] = field.rates(t, z, null, null, ['divergence']);
        return [velocity, tf.expandDims(divergence, 1)];
      },
      [points, gained],
      { from: time, to: 0, ...TOLERANCES },
    );
    // Backward in time the integral has the other sign already.
    return tf.exp(tf.add(flow.base.logProb(y[0]), tf.squeeze(y[1], [1])));
  });
  return read(density);
}

/** The numbers of a tensor, which is disposed of. */
function read(tensor: tf.Tensor): Float32Array {
  const values = tensor.dataSync<'float32'>();
  tensor.dispose();
  return values;
}
