import { gaussLegendre } from '../../src/numerics/quadrature.js';

/** A family of scalar maps in doubles, data → base, as its paper writes it. */
export type Reference = (x: number, raw: readonly number[]) => number;

const sigmoid = (t: number) => 1 / (1 + Math.exp(-t));
const softplus = (t: number) => Math.log1p(Math.exp(-Math.abs(t))) + Math.max(t, 0);
const logit = (u: number) => Math.log(u) - Math.log1p(-u);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const softmax = (values: readonly number[]) => {
  const exps = values.map((value) => Math.exp(value - Math.max(...values)));
  return exps.map((value) => value / sum(exps));
};
const dot = (a: readonly number[], b: readonly number[]) => sum(a.map((value, i) => value * b[i]));
const rows = (values: readonly number[], width: number) =>
  Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));
const bounded = (value: number, bound: number) => bound * Math.tanh(value / bound);

/** Cuts a list into parts of the given lengths. */
function cut(values: readonly number[], lengths: readonly number[]): number[][] {
  let at = 0;
  return lengths.map((length) => values.slice(at, (at += length)));
}

/** Continues a map of `[-bound, bound]` by straight lines, with slopes from differences of fourth order inside. */
function withTails(bound: number, f: Reference): Reference {
  return (x, raw) => {
    if (Math.abs(x) <= bound) return f(x, raw);
    const [end, h] = [Math.sign(x) * bound, Math.sign(x) * 1e-3];
    const at = (k: number) => f(end - k * h, raw);
    return at(0) + ((x - end) * (25 * at(0) - 48 * at(1) + 36 * at(2) - 16 * at(3) + 3 * at(4))) / (12 * h);
  };
}

export function deepSigmoid(units: number): Reference {
  return (x, raw) => {
    const [a, b, w] = cut(raw, [units, units, units]);
    return logit(dot(softmax(w), a.map((rate, j) => sigmoid((softplus(rate) + 1e-3) * x + b[j])))); // prettier-ignore
  };
}

export function denseDeepSigmoid(units: number, layers: number): Reference {
  return (x, raw) => {
    let [h, rest] = [[x], raw];
    for (let layer = 0; layer < layers; layer++) {
      const outputs = layer === layers - 1 ? 1 : units;
      const [u, a, b, w, after] = cut(rest, [
        layer === 0 ? 0 : units * units,
        units,
        units,
        outputs * units,
        raw.length,
      ]);
      const entering = layer === 0 ? a.map(() => h[0]) : rows(u, units).map((row) => dot(softmax(row), h));
      const steps = a.map((rate, j) => sigmoid((softplus(rate) + 1e-3) * entering[j] + b[j]));
      h = rows(w, units).map((row) => logit(dot(softmax(row), steps)));
      rest = after;
    }
    return h[0];
  };
}

export function logisticMixture(k: number): Reference {
  return (x, raw) => {
    const [weights, means, scales, [line], [shift]] = cut(raw, [k, k, k, 1, 1]);
    const steps = means.map((mean, j) => sigmoid((x - mean) * Math.exp(-bounded(scales[j], 7))));
    return Math.exp(bounded(line, 5)) * logit(dot(softmax(weights), steps)) + shift;
  };
}

const FINE = gaussLegendre(80);
const integral = (f: (t: number) => number, to: number) => to * dot(FINE.weights, FINE.nodes.map((u) => f(u * to))); // prettier-ignore

function normalCdf(x: number): number {
  return 0.5 + integral((t) => Math.exp(-t * t / 2) / Math.sqrt(2 * Math.PI), x); // prettier-ignore
}

export function gaussianMixtureCdf(k: number): Reference {
  return (x, raw) => {
    const [weights, centres, scales] = cut(raw, [k, k, k]);
    const steps = centres.map((centre, j) => normalCdf((x - centre) * Math.exp(-bounded(scales[j], 7))));
    const u = dot(softmax(weights), steps);
    let [low, high] = [-8, 8];
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (normalCdf(middle) < u) low = middle;
      else high = middle;
    }
    return low;
  };
}

/** By the coefficients of the antiderivative. */
export function sumOfSquares(polynomials: number, degree: number, bound: number): Reference {
  return withTails(bound, (x, raw) => {
    const coefficients = rows(raw.slice(0, polynomials * (degree + 1)), degree + 1);
    const squared = Array.from({ length: 2 * degree + 1 }, (_, m) =>
      sum(coefficients.map((c) => sum(c.map((value, i) => (m - i >= 0 && m - i <= degree ? value * c[m - i] : 0))))),
    );
    return raw.at(-1)! + 1e-3 * x + bound * sum(squared.map((c, m) => (c * (x / bound) ** (m + 1)) / (m + 1)));
  });
}

/** By de Casteljau's scheme. */
export function bernsteinPolynomial(degree: number, bound: number): Reference {
  return withTails(bound, (x, raw) => {
    const u = (x + bound) / (2 * bound);
    let points = [raw[0] - bound];
    for (const value of raw.slice(1)) points.push(points.at(-1)! + ((2 * bound) / degree) * (softplus(value) + 1e-3));
    while (points.length > 1) points = points.slice(1).map((next, k) => (1 - u) * points[k] + u * next);
    return points[0];
  });
}

export function monotonicNetwork(hidden: number, bound: number): Reference {
  return withTails(bound, (x, raw) => {
    const [w, b, v, [d], [c]] = cut(raw, [hidden, hidden, hidden, 1, 1]);
    const network = (t: number) => d + sum(v.map((out, j) => (4 / hidden) * Math.tanh(out) * Math.tanh(bounded(w[j], 2) * t + b[j]))); // prettier-ignore
    return c + integral((t) => 1e-3 + (1 - 1e-3) * softplus(network(t) + Math.log(Math.E - 1)), x);
  });
}
