import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import test from 'ava';
import { ready } from 'tfjs-flows';
import { checkSolver, type SolverSettings } from '../../src/ode/options.js';
import { linearise } from '../../src/ode/rosenbrock/linearise.js';
import { Solver } from '../../src/ode/solver.js';
import type { System } from '../../src/ode/system.js';
import { assertClose } from '../support/close.js';

test.before(() => ready());

/**
 * A stiff pair with an input and a quadrature: `y₁' = -k (y₁ - cos t) + y₂`, `y₂' = u - w y₂²`, `q' = y₁ y₂ + t`, with
 * `k = 30` and a variable `w`.
 */
class Stiff implements System {
  readonly width = 2;
  readonly quadratures = 1;
  readonly totals = 0;
  readonly variables: readonly Variable[];
  calls = 0;

  constructor(w: Variable) {
    this.variables = [w];
  }

  derivative(t: Tensor, y: Tensor, [u]: readonly Tensor[]): Tensor[] {
    this.calls++;
    const [first, second] = tf.split(y, 2, 1);
    const pulled = tf.mul(tf.sub(first, tf.cos(t)), -30);
    const dy = tf.concat([tf.add(pulled, second), tf.sub(u, tf.mul(this.variables[0], tf.square(second)))], 1);
    return [dy, tf.add(tf.mul(first, second), t)];
  }
}

interface Outcome {
  readonly values: number[];
  readonly evaluations: number;
  readonly steps: number;
  readonly rejected: number;
  readonly calls: number;
}

function solve(settings: SolverSettings, shift = { y: 0, u: 0, w: 0 }): Outcome {
  return withStiff(shift, (system, y, u) => {
    const solver = new Solver(system, checkSolver('test', settings), { lasting: false });
    const { y: end, q, walk } = solver.solve(y, [u], 0, 1.5);
    return { values: [...end.dataSync(), ...q!.dataSync()], ...walk, calls: system.calls };
  });
}

function withStiff<T>(shift: { y: number; u: number; w: number }, use: (s: Stiff, y: Tensor, u: Tensor) => T): T {
  const w = tf.variable(tf.scalar(0.8 + shift.w), true);
  try {
    return tf.tidy(() => {
      const y = tf.tensor2d([[0.5 + shift.y, 1], [2 + shift.y, -0.3]]); // prettier-ignore
      return use(new Stiff(w), y, tf.tensor2d([[0.4 + shift.u], [1 + shift.u]])) as unknown as tf.TensorContainer;
    }) as unknown as T;
  } finally {
    w.dispose();
  }
}

test('a linearisation has the slope and all derivatives, row by row', (t) => {
  withStiff({ y: 0, u: 0, w: 0 }, (system, y, u) => {
    const { slope, jacobian, inTime } = linearise(system, Float64Array.of(0.7), y, [u]);
    const [dy, dq] = system.derivative(tf.tensor2d([[0.7]]), y, [u]);
    assertClose(t, slope.y, dy, 1e-6);
    assertClose(t, slope.q!, dq, 1e-6);
    t.deepEqual(jacobian.shape, [2, 3, 2]);
    assertClose(t, jacobian, [-30, 1, 0, -1.6, 1, 0.5, -30, 1, 0, 0.48, -0.3, 2], 1e-5);
    assertClose(t, inTime, [-30 * Math.sin(0.7), 0, 1, -30 * Math.sin(0.7), 0, 1], 1e-5);
  });
});

for (const method of ['rosenbrock23', 'rodas4'] as const) {
  test(`${method}: states and quadratures agree with an explicit method`, (t) => {
    const expected = solve({ method: 'dopri5', rtol: 1e-6, atol: 1e-6, steps: 300 });
    for (const grouping of ['batch', 'per-row'] as const) {
      const found = solve({ method, rtol: 1e-5, atol: 1e-5, grouping });
      assertClose(t, found.values, expected.values, 3e-4, grouping);
      t.true(found.steps < 120);
    }
  });

  test(`${method}: quadratures are of the order of the method`, (t) => {
    const expected = solve({ method: 'dopri5', steps: 300 }).values.slice(4);
    const [order, coarse] = method === 'rodas4' ? [4, 12] : [2, 48];
    const errors = [coarse, 2 * coarse].map((steps) => {
      const values = solve({ method, steps }).values.slice(4);
      return Math.max(...values.map((value, i) => Math.abs(value - expected[i])));
    });
    t.true(Math.log2(errors[0] / errors[1]) > order - 0.5, errors.join(' and '));
  });

  test(`${method}: a Jacobian costs an evaluation a row of it, and is kept after a rejection`, (t) => {
    const { steps, rejected, evaluations, calls } = solve({ method, firstStep: 1 });
    t.true(rejected > 0);
    const stages = method === 'rodas4' ? 6 : 3;
    t.is(evaluations, 3 * steps + (stages - 1) * (steps + rejected));
    t.is(calls, evaluations);
  });

  test(`${method}: gradients are those of the steps taken`, (t) => {
    const weights = [1, -0.5, 0.3, 0.7, 2, -1];
    const lossOf = ({ values }: Outcome) => values.reduce((sum, value, i) => sum + weights[i] * value, 0);
    const settings = { method, steps: 8 };
    const gradients = (['checkpointed', 'direct'] as const).map((gradient) =>
      withStiff({ y: 0, u: 0, w: 0 }, (system, y, u) => {
        const before = tf.memory().numTensors;
        const solver = new Solver(system, checkSolver('test', { ...settings, gradient }), { lasting: false });
        const loss = () => {
          const { y: end, q } = solver.solve(y, [u], 0, 1.5);
          return tf.sum(tf.mul(tf.concat([tf.reshape(end, [-1]), tf.reshape(q!, [-1])]), weights)) as tf.Scalar;
        };
        const sources = [y, u, ...(system.variables as readonly Tensor[])];
        const { value, grads } = tf.tidy(() => tf.engine().gradients(loss, sources));
        t.is(tf.memory().numTensors, before + 4);
        value.dispose();
        return grads.map((gradient) => Array.from(gradient.dataSync()));
      }),
    );
    gradients[0].forEach((values, i) => assertClose(t, values, gradients[1][i], 2e-5));
    const step = 0.02;
    const difference = (name: 'y' | 'u' | 'w') => {
      const at = (by: number) => lossOf(solve(settings, { y: 0, u: 0, w: 0, [name]: by }));
      return (at(step) - at(-step)) / (2 * step);
    };
    const [byY, byU, byW] = gradients[0];
    assertClose(
      t,
      [byY[0] + byY[2], byU[0] + byU[1], byW[0]],
      [difference('y'), difference('u'), difference('w')],
      1e-3,
    );
  });
}

test('what depends neither on time nor on the state has derivatives of zero', (t) => {
  tf.tidy(() => {
    const system: System = {
      width: 1,
      quadratures: 0,
      totals: 0,
      variables: [],
      derivative: (_, y) => [tf.onesLike(y)],
    };
    const { jacobian, inTime } = linearise(system, Float64Array.of(0, 1), tf.ones([2, 1]), []);
    assertClose(t, jacobian, [0, 0], 0);
    assertClose(t, inTime, [0, 0], 0);
    const solver = new Solver(system, checkSolver('test', { method: 'rodas4' }), { lasting: false });
    assertClose(t, solver.solve(tf.ones([2, 1]), [], 0, 3).y, [4, 4], 1e-6);
  });
});
