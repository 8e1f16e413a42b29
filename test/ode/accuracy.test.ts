import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { odeSolve, ready, type OdeOptions, type SolverMethod } from 'tfjs-flows';
import {
  arenstorf,
  ARENSTORF_PERIOD,
  decay,
  driven,
  kepler,
  lotkaVolterra,
  oscillator,
  robertson,
  vanDerPol,
  type OdeProblem,
} from '../support/ode-problems.js';
import { solveInDoubles } from '../support/ode-reference.js';

test.before(() => ready());

function solve(problem: OdeProblem, options: Partial<OdeOptions<tf.Tensor>>) {
  const start = tf.tensor2d([[...problem.start]]);
  const solution = odeSolve<tf.Tensor>(problem.tensors, start, { to: problem.to, ...options });
  const values = Array.from(solution.y.dataSync());
  tf.dispose([start, solution.y]);
  return { ...solution, values };
}

/** Largest error, in units of `tolerance (1 + |y|)`. */
function errorIn(tolerance: number, values: readonly number[], expected: readonly number[]): number {
  return Math.max(
    ...values.map((value, i) => Math.abs(value - expected[i]) / (tolerance * (1 + Math.abs(expected[i])))),
  );
}

test('the reference comes back to where a closed orbit starts', (t) => {
  const end = solveInDoubles(arenstorf.f, arenstorf.start, 0, ARENSTORF_PERIOD);
  end.forEach((value, i) => t.true(Math.abs(value - arenstorf.start[i]) < 1e-7));
});

test('the reference agrees with solutions in closed form', (t) => {
  for (const { f, start, to, solution } of [decay, oscillator, driven, kepler]) {
    const expected = solution(to);
    solveInDoubles(f, start, 0, to).forEach((value, i) => t.true(Math.abs(value - expected[i]) < 1e-10));
  }
});

const PROBLEMS = [decay, oscillator, driven, lotkaVolterra, vanDerPol(1, 8)];

for (const method of ['dopri5', 'tsit5', 'rodas4'] as const) {
  for (const tolerance of [1e-3, 1e-5]) {
    test(`${method} at ${tolerance}: errors below ten times the tolerance`, (t) => {
      for (const problem of PROBLEMS) {
        const { values } = solve(problem, { method, rtol: tolerance, atol: tolerance });
        const error = errorIn(tolerance, values, problem.solution(problem.to));
        t.true(error < 10, `${problem.name}: ${error}`);
      }
    });
  }
}

// Pairs of low order control the error of a step, of which there are many.
for (const [method, allowed] of [
  ['bosh3', 30],
  ['heun2', 300],
  ['rosenbrock23', 300],
] as [SolverMethod, number][]) {
  // prettier-ignore
  test(`${method}: errors fall with the tolerance`, (t) => {
    for (const problem of [decay, driven, oscillator]) {
      const errors = [1e-2, 1e-4].map((tolerance) => {
        const { values } = solve(problem, { method, rtol: tolerance, atol: tolerance });
        return errorIn(tolerance, values, problem.solution(problem.to));
      });
      t.true(errors[1] < allowed, `${problem.name}: ${errors.join(' and ')}`);
      t.true(errors[1] * 1e-4 < 0.2 * errors[0] * 1e-2, `${problem.name}: ${errors.join(' and ')}`);
    }
  });
}

test('a body comes back after one period with the energy it had', (t) => {
  for (const method of ['dopri5', 'rodas4'] as const) {
    const { values } = solve(kepler, { method, rtol: 1e-6, atol: 1e-6 });
    const [x, y, u, v] = values;
    t.true(Math.abs((u * u + v * v) / 2 - 1 / Math.hypot(x, y) + 0.5) < 2e-4, method);
    t.true(Math.hypot(x - kepler.start[0], y - kepler.start[1]) < 1e-3, method);
  }
});

test('there and back again', (t) => {
  for (const method of ['dopri5', 'tsit5', 'rodas4'] as const) {
    for (const problem of [oscillator, driven]) {
      tf.tidy(() => {
        const start = tf.tensor2d([[...problem.start]]);
        const options = { method, rtol: 1e-5, atol: 1e-5 };
        const there = odeSolve(problem.tensors, start, { ...options, to: problem.to }).y;
        const back = odeSolve(problem.tensors, there, { ...options, from: problem.to, to: 0 }).y;
        const gap = Math.max(...tf.abs(tf.sub(back, start)).dataSync());
        t.true(gap < 1e-4, `${method}, ${problem.name}: ${gap}`);
      });
    }
  }
});

test('implicit methods get through a stiff oscillation in few steps', (t) => {
  const problem = vanDerPol(100, 150);
  const expected = problem.solution(problem.to);
  for (const method of ['rosenbrock23', 'rodas4'] as const) {
    const { values, steps, rejected } = solve(problem, { method, rtol: 1e-4, atol: 1e-4 });
    const error = errorIn(1e-4, values, expected);
    t.true(error < 20, `${method}: ${error}`);
    t.true(steps + rejected < 500, `${method}: ${steps} and ${rejected} in vain`);
  }
  // What is explicit has to follow the fastest scale all the way.
  t.throws(() => solve(problem, { rtol: 1e-4, atol: 1e-4, maxSteps: 2000 }), { message: /an implicit method/ });
});

test('rates from 0.04 to 3e7 make no difference to an implicit method', (t) => {
  const options = { rtol: 1e-4, atol: 1e-8, maxSteps: 60 };
  const { values } = solve(robertson, { ...options, method: 'rodas4' });
  robertson.solution(40).forEach((value, i) => t.true(Math.abs(values[i] - value) < 1e-3 * value));
  t.true(Math.abs(values[0] + values[1] + values[2] - 1) < 1e-5);
});
