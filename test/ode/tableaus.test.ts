import test from 'ava';
import type { ExplicitMethod } from '../../src/ode/tableau.js';
import { TABLEAUS } from '../../src/ode/tableaus/tableaus.js';
import { orderResidual, rootedTrees } from '../support/rooted-trees.js';

/** What is promised: orders of the step, of its embedded companion and of dense output. */
const ORDERS: Record<ExplicitMethod, [step: number, embedded: number | null, dense: number]> = {
  dopri5: [5, 4, 4],
  tsit5: [5, 4, 4],
  bosh3: [3, 2, 3],
  heun2: [2, 1, 2],
  euler: [1, null, 1],
  midpoint: [2, null, 2],
  rk4: [4, null, 3],
  'rk4-3/8': [4, null, 3],
};

/** Coefficients of size up to 90 in doubles. */
const EXACT = 2e-14;

/** Far above rounding, far below what a condition of a higher order is missed by. */
const MISSED = 1e-5;

const methods = Object.keys(ORDERS) as ExplicitMethod[];

/** Orders from 1 on whose conditions all hold. */
function orderReached(a: readonly (readonly number[])[], weights: readonly number[], theta = 1): number {
  let order = 0;
  while (orderResidual(a, weights, order + 1, theta) < EXACT) order++;
  return order;
}

function weightsAt(dense: readonly (readonly number[])[], theta: number): number[] {
  return dense.map((row) => row.reduce((sum, coefficient, j) => sum + coefficient * theta ** (j + 1), 0));
}

function slopesAt(dense: readonly (readonly number[])[], theta: number): number[] {
  return dense.map((row) => row.reduce((sum, coefficient, j) => sum + (j + 1) * coefficient * theta ** j, 0));
}

function largestDifference(x: readonly number[], y: readonly number[]): number {
  return Math.max(...x.map((value, i) => Math.abs(value - y[i])));
}

test('there are 1, 1, 2, 4, 9 and 20 rooted trees of one to six nodes', (t) => {
  t.deepEqual(
    [1, 2, 3, 4, 5, 6].map((order) => rootedTrees(order).length),
    [1, 1, 2, 4, 9, 20],
  );
});

test('every method is listed under its name', (t) => {
  for (const method of methods) t.is(TABLEAUS[method].name, method);
  t.deepEqual(Object.keys(TABLEAUS).sort(), [...methods].sort());
});

for (const method of methods) {
  const { a, b, c, e, dense, order, errorOrder, firstSameAsLast } = TABLEAUS[method];
  const [step, embedded, denseOrder] = ORDERS[method];

  test(`${method} is explicit, with rows of a that sum to c`, (t) => {
    t.is(a.length, c.length);
    t.is(b.length, c.length);
    t.is(dense.length, c.length);
    for (const [s, row] of a.entries()) {
      t.is(row.length, s);
      t.true(Math.abs(row.reduce((sum, entry) => sum + entry, 0) - c[s]) < EXACT, `stage ${s}`);
    }
  });

  test(`${method} meets the conditions of order ${step}, and no more`, (t) => {
    t.is(order, step);
    t.is(orderReached(a, b), step);
    t.true(orderResidual(a, b, step + 1) > MISSED);
  });

  test(`${method} has ${embedded === null ? 'no embedded method' : `an embedded method of order ${embedded}`}`, (t) => {
    t.is(errorOrder, embedded);
    t.is(e === null, embedded === null);
    if (e === null || embedded === null) return;
    t.is(e.length, b.length);
    const weights = b.map((weight, s) => weight - e[s]);
    t.is(orderReached(a, weights), embedded);
    t.true(orderResidual(a, weights, embedded + 1) > MISSED);
  });

  test(`${method} ${firstSameAsLast ? 'ends' : 'does not end'} with the first stage of the next step`, (t) => {
    const last = c.length - 1;
    const isSame = c.length > 1 && largestDifference([...a[last], 0], b) === 0;
    t.is(isSame, firstSameAsLast);
    if (firstSameAsLast) t.is(c[last], 1);
  });

  test(`dense output of ${method} is of order ${denseOrder} throughout and joins the ends`, (t) => {
    t.true(largestDifference(weightsAt(dense, 1), b) < EXACT);
    const reached = [0.1, 0.25, 0.5, 0.7, 0.9].map((theta) => orderReached(a, weightsAt(dense, theta), theta));
    t.is(Math.min(...reached), denseOrder);
  });

  test(`dense output of ${method} starts with the slope there${firstSameAsLast ? ', and ends so' : ''}`, (t) => {
    const unit = (stage: number) => c.map((_, s) => (s === stage ? 1 : 0));
    t.true(largestDifference(slopesAt(dense, 0), unit(0)) < EXACT);
    if (firstSameAsLast) t.true(largestDifference(slopesAt(dense, 1), unit(c.length - 1)) < 10 * EXACT);
  });
}
