import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { combine } from './combine.js';
import { isImplicit } from './methods.js';
import { rosenbrockStep } from './rosenbrock/step.js';
import type { RosenbrockTableau } from './rosenbrock/tableau.js';
import type { System } from './system.js';
import type { Tableau } from './tableau.js';
import { plus, timeTensor, type Times } from './times.js';

/**
 * Steps of known lengths by differentiable operations, so that TF.js differentiates through all of them to any order. The
 * lengths count as constants.
 *
 * @returns `y` and `q` at the end
 */
export function tapedWalk(
  method: Tableau | RosenbrockTableau,
  system: System,
  steps: readonly { readonly t: Times; readonly h: Times }[],
  y: Tensor,
  inputs: readonly Tensor[],
): { y: Tensor; q: Tensor | null } {
  let q = system.quadratures > 0 ? tf.zeros([y.shape[0], system.quadratures]) : null;
  if (isImplicit(method)) {
    for (const { t, h } of steps) ({ y, q } = rosenbrockStep(method, system, { t, h, y, q, inputs }));
    return { y, q };
  }
  const { a, b, c, firstSameAsLast } = method;
  let first: Tensor[] | null = null;
  for (const { t, h } of steps) {
    const slopes: Tensor[][] = [first ?? system.derivative(timeTensor(t), y, inputs)];
    let last = y;
    for (let s = 1; s < a.length; s++) {
      last = combine(y, slopes.map(([dy]) => dy), h, a[s]); // prettier-ignore
      slopes.push(system.derivative(timeTensor(plus(t, h, c[s])), last, inputs));
    }
    const from: Tensor = y;
    y = firstSameAsLast ? last : combine(from, slopes.map(([dy]) => dy), h, b); // prettier-ignore
    q = q && combine(q, slopes.map(([, dq]) => dq), h, b); // prettier-ignore
    // A row that stayed still has not come to where the last stage stood.
    first = firstSameAsLast && h.every((step) => step !== 0) ? slopes.at(-1)! : null;
  }
  return { y, q };
}
