import test from 'ava';
import { RODAS4 } from '../../src/ode/rosenbrock/rodas4.js';
import { ROSENBROCK23 } from '../../src/ode/rosenbrock/rosenbrock23.js';
import type { RosenbrockTableau } from '../../src/ode/rosenbrock/tableau.js';
import { rosenbrockResidual } from '../support/rooted-trees.js';

/** What is promised: orders of the step, of its embedded companion and of dense output. */
const ORDERS: readonly [RosenbrockTableau, step: number, embedded: number, dense: number][] = [
  [ROSENBROCK23, 2, 3, 2],
  [RODAS4, 4, 3, 3],
];

/** Coefficients are given to some 16 digits, and are up to 40 in size. */
const EXACT = 1e-13;

/** The method in slopes, `k_s = f(y + h Σ α k) + hJ Σ γ k + ...`: the book's `α`, `Γ` and what a row of weights of `U` is. */
function inSlopes({ a, m, gamma, b }: RosenbrockTableau) {
  const n = b.length;
  // U = Γ k and Γ⁻¹ = 1/γ − m: by substitution.
  const full: number[][] = [];
  for (let i = 0; i < n; i++) {
    full.push(
      Array.from({ length: n }, (_, j) => {
        const sum = m[i].reduce((total, entry, l) => total + entry * full[l][j], 0);
        return gamma * ((i === j ? 1 : 0) + sum);
      }),
    );
  }
  const times = (row: readonly number[]) =>
    Array.from({ length: n }, (_, j) => row.reduce((sum, entry, l) => sum + entry * full[l][j], 0));
  return { alpha: a.map(times), full, times };
}

function orderReached(alpha: number[][], full: number[][], weights: readonly number[], theta = 1): number {
  let order = 0;
  while (rosenbrockResidual(alpha, full, weights, order + 1, theta) < EXACT) order++;
  return order;
}

/** `R(z)`, what a step makes of `y' = λy`, `z = hλ = x + iy`: real and imaginary part. */
function stability({ a, m, gamma, b }: RosenbrockTableau, x: number, y: number): [number, number] {
  const times = ([p, q]: number[], [r, s]: number[]) => [p * r - q * s, p * s + q * r];
  const size = (1 - gamma * x) ** 2 + (gamma * y) ** 2;
  const inverse = [(1 - gamma * x) / size, (gamma * y) / size];
  const u: number[][] = [];
  const sum = (row: readonly number[], part: number) => row.reduce((total, entry, j) => total + entry * u[j][part], 0);
  for (let s = 0; s < b.length; s++) {
    const slope = times([x, y], [1 + sum(a[s], 0), sum(a[s], 1)]);
    u.push(times(inverse, [0, 1].map((part) => gamma * (slope[part] + sum(m[s], part))))); // prettier-ignore
  }
  return [1 + sum(b, 0), sum(b, 1)];
}

for (const [method, step, embedded, denseOrder] of ORDERS) {
  const { name, b, c, d, e, dense, gamma, order, errorOrder } = method;
  const { alpha, full, times } = inSlopes(method);

  test(`${name} treats time as one more coordinate`, (t) => {
    alpha.forEach((row, s) => {
      t.true(Math.abs(row.reduce((sum, entry) => sum + entry, 0) - c[s]) < EXACT, `c of stage ${s}`);
      t.true(Math.abs(full[s].reduce((sum, entry) => sum + entry, 0) - d[s]) < EXACT, `d of stage ${s}`);
      t.true(Math.abs(full[s][s] - gamma) < EXACT);
    });
  });

  test(`${name} meets the conditions of order ${step}, its companion those of order ${embedded}, and no more`, (t) => {
    t.is(order, step);
    t.is(orderReached(alpha, full, times(b)), step);
    t.is(errorOrder, Math.min(step, embedded));
    t.is(orderReached(alpha, full, times(b.map((weight, s) => weight - e[s]))), embedded);
  });

  test(`dense output of ${name} is of order ${denseOrder} throughout and joins the ends`, (t) => {
    const weightsAt = (theta: number) =>
      dense.map((row) => row.reduce((sum, coefficient, j) => sum + coefficient * theta ** (j + 1), 0));
    weightsAt(1).forEach((weight, s) => t.true(Math.abs(weight - b[s]) < EXACT));
    const reached = [0.1, 0.4, 0.5, 0.8].map((theta) => orderReached(alpha, full, times(weightsAt(theta)), theta));
    t.is(Math.min(...reached), denseOrder);
  });

  test(`${name} is L-stable`, (t) => {
    for (let exponent = -3; exponent <= 6; exponent += 0.25) {
      const [real, imaginary] = stability(method, 0, 10 ** exponent);
      t.true(Math.hypot(real, imaginary) <= 1 + 1e-12, `on the imaginary axis at 1e${exponent}`);
    }
    t.true(Math.hypot(...stability(method, -1e7, 0)) < 1e-5);
    const [real] = stability(method, -0.01, 0);
    t.true(Math.abs(real - Math.exp(-0.01)) < 0.01 ** (step + 1));
  });
}
