import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { odeSolve, ready, type SolverMethod } from 'tfjs-flows';
import { decay, driven, oscillator, type OdeProblem } from '../support/ode-problems.js';

test.before(() => ready());

/** A solve in `coarse` equal steps and one in `fine`, and the slope of the error between them. */
interface Case {
  readonly problem: OdeProblem;
  readonly to: number;
  readonly coarse: number;
  readonly fine: number;
  readonly order: number;
}

// Steps are as long as their order allows, so that errors stand out from the rounding of float32 numbers, and for high
// orders the way is long.
const CASES: Record<SolverMethod, Case> = {
  dopri5: { problem: oscillator, to: 48, coarse: 128, fine: 192, order: 5 },
  // On linear problems it is nearly of order 6: what it makes of z⁶ is 1/720 but for three parts in a hundred.
  tsit5: { problem: oscillator, to: 48, coarse: 96, fine: 128, order: 6 },
  bosh3: { problem: decay, to: 4, coarse: 32, fine: 64, order: 3 },
  heun2: { problem: decay, to: 4, coarse: 32, fine: 64, order: 2 },
  euler: { problem: decay, to: 4, coarse: 32, fine: 64, order: 1 },
  midpoint: { problem: decay, to: 4, coarse: 32, fine: 64, order: 2 },
  rk4: { problem: decay, to: 4, coarse: 16, fine: 32, order: 4 },
  'rk4-3/8': { problem: decay, to: 4, coarse: 16, fine: 32, order: 4 },
  rosenbrock23: { problem: decay, to: 4, coarse: 16, fine: 32, order: 2 },
  rodas4: { problem: decay, to: 4, coarse: 4, fine: 8, order: 4 },
};

/** One step, read off on the way: the error there is of one order more than dense output. */
const DENSE_CASES: Record<SolverMethod, { problem: OdeProblem; h: number; order: number }> = {
  dopri5: { problem: oscillator, h: 0.8, order: 4 },
  tsit5: { problem: driven, h: 0.8, order: 4 },
  bosh3: { problem: oscillator, h: 0.4, order: 3 },
  heun2: { problem: oscillator, h: 0.4, order: 2 },
  euler: { problem: oscillator, h: 0.4, order: 1 },
  midpoint: { problem: oscillator, h: 0.4, order: 2 },
  rk4: { problem: oscillator, h: 0.4, order: 3 },
  'rk4-3/8': { problem: oscillator, h: 0.4, order: 3 },
  rosenbrock23: { problem: oscillator, h: 0.4, order: 2 },
  rodas4: { problem: oscillator, h: 0.4, order: 3 },
};

function differences(y: tf.Tensor, expected: readonly number[]): number[] {
  return Array.from(y.dataSync(), (value, i) => Math.abs(value - expected[i]));
}

function errorAtEnd(method: SolverMethod, { problem, to }: Case, steps: number): number {
  return tf.tidy(() => {
    const { y } = odeSolve(problem.tensors, tf.tensor2d([[...problem.start]]), { to, method, steps });
    return Math.hypot(...differences(y, problem.solution(to)));
  });
}

function errorWithin(method: SolverMethod, problem: OdeProblem, h: number): number {
  return tf.tidy(() => {
    const saveAt = [0.2, 0.4, 0.6, 0.8].map((theta) => theta * h);
    const start = tf.tensor2d([[...problem.start]]);
    const { saved } = odeSolve(problem.tensors, start, { to: h, method, steps: 1, saveAt });
    return Math.max(...saved.flatMap((y, i) => differences(y, problem.solution(saveAt[i]))));
  });
}

for (const method of Object.keys(CASES) as SolverMethod[]) {
  const at = CASES[method];
  test(`${method}: errors fall with power ${at.order} of the step`, (t) => {
    const errors = [at.coarse, at.fine].map((steps) => errorAtEnd(method, at, steps));
    const slope = Math.log(errors[0] / errors[1]) / Math.log(at.fine / at.coarse);
    t.true(Math.abs(slope - at.order) < 0.25, `slope ${slope}`);
  });

  const { problem, h, order } = DENSE_CASES[method];
  test(`${method}: dense output is of order ${order}`, (t) => {
    const slope = Math.log2(errorWithin(method, problem, h) / errorWithin(method, problem, h / 2)) - 1;
    t.true(Math.abs(slope - order) < 0.25, `slope ${slope}`);
  });
}
