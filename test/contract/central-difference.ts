import * as tf from '@tensorflow/tfjs-core';
import type { Variable } from '@tensorflow/tfjs-core';

/** Half the distance between two evaluations: small against curvature, large against float32 rounding. */
const STEP = 2e-3;

/** `∂ value / ∂ variable`, entry by entry, from two evaluations each; the variable is left as it was. */
export async function differencesOf(variable: Variable, value: () => Promise<number>): Promise<number[]> {
  const start = Float32Array.from(await variable.data());
  const evaluateAt = async (entry: number, shift: number): Promise<[number, number]> => {
    const moved = Float32Array.from(start);
    moved[entry] += shift;
    assign(variable, moved);
    return [moved[entry], await value()];
  };
  const slopes: number[] = [];
  for (let entry = 0; entry < start.length; entry++) {
    const [above, high] = await evaluateAt(entry, STEP);
    const [below, low] = await evaluateAt(entry, -STEP);
    slopes.push((high - low) / (above - below));
  }
  assign(variable, start);
  return slopes;
}

function assign(variable: Variable, values: Float32Array): void {
  tf.tidy(() => variable.assign(tf.tensor(values, variable.shape, 'float32')));
}
