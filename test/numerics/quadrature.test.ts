import test from 'ava';
import { clenshawCurtis, gaussLegendre, type QuadratureRule } from '../../src/numerics/quadrature.js';

const integrate = ({ nodes, weights }: QuadratureRule, f: (u: number) => number) =>
  nodes.reduce((sum, node, i) => sum + weights[i] * f(node), 0);

const close = (a: number, b: number) => Math.abs(a - b) < 1e-13;

test('Gauss-Legendre rules are exact up to degree 2n - 1 and not beyond', (t) => {
  for (let count = 1; count <= 20; count++) {
    const rule = gaussLegendre(count);
    for (let degree = 0; degree < 2 * count; degree++) t.true(close(integrate(rule, (u) => u ** degree), 1 / (degree + 1)), `${count} nodes, degree ${degree}`); // prettier-ignore
    t.true(rule.nodes.every((u, i) => u > (rule.nodes[i - 1] ?? 0) && u < 1));
  }
  t.false(
    close(
      integrate(gaussLegendre(2), (u) => u ** 4),
      0.2,
    ),
  );
  t.deepEqual(gaussLegendre(2).nodes.map((u) => (2 * u - 1).toFixed(12)), [-1, 1].map((s) => (s / Math.sqrt(3)).toFixed(12))); // prettier-ignore
});

test('Clenshaw-Curtis rules are exact up to degree n - 1, with positive weights, and hold both ends', (t) => {
  for (let count = 3; count <= 34; count++) {
    const rule = clenshawCurtis(count);
    for (let degree = 0; degree < count; degree++) t.true(close(integrate(rule, (u) => u ** degree), 1 / (degree + 1)), `${count} nodes, degree ${degree}`); // prettier-ignore
    t.true(rule.weights.every((weight) => weight > 0));
    t.deepEqual([rule.nodes[0], rule.nodes.at(-1)], [0, 1]);
  }
  t.true(close(integrate(clenshawCurtis(33), Math.exp), Math.E - 1));
});
