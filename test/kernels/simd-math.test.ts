import test from 'ava';
import { unitInLastPlace } from '../support/backward-error.js';
import { simdBuilds } from '../support/simd.js';

/** Numbers of the functions in `unary`, exact values, and the largest error in units of the last place. */
const FUNCTIONS: Readonly<Record<string, { code: number; exact: (x: number) => number; ulps: number }>> = {
  exp: { code: 1, exact: Math.exp, ulps: 2 },
  log: { code: 2, exact: Math.log, ulps: 2 },
  sqrt: { code: 4, exact: Math.sqrt, ulps: 0.5 },
  tanh: { code: 6, exact: Math.tanh, ulps: 5 },
  sigmoid: { code: 7, exact: (x) => 1 / (1 + Math.exp(-x)), ulps: 4 },
  softplus: { code: 8, exact: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), ulps: 3 },
  reciprocal: { code: 10, exact: (x) => 1 / x, ulps: 0.5 },
  rsqrt: { code: 11, exact: (x) => 1 / Math.sqrt(x), ulps: 1.5 },
  erf: { code: 12, exact: erf, ulps: 8 },
};

const LEAST_NORMAL = 2 ** -126;
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

for (const { name, functions, put, take } of simdBuilds()) {
  for (const [title, { code, exact, ulps }] of Object.entries(FUNCTIONS)) {
    test(`${title} within ${ulps} units of the last place, special values exact [${name}]`, (t) => {
      const x = Float32Array.from(points());
      const [from, to] = [put(x), put(new Float32Array(x.length))];
      functions.unary(code, from, to, x.length, 0);
      const wrong = [...take(to, x.length)].flatMap((y, i) =>
        isRight(y, exact(x[i]), x[i], ulps) ? [] : [`${title} ${x[i]} = ${y}, not ${exact(x[i])}`],
      );
      t.deepEqual(wrong.slice(0, 5), [], `${wrong.length} of ${x.length}`);
    });

    test(`${title} of an array of any length writes that many numbers [${name}]`, (t) => {
      for (const length of [0, 1, 2, 3, 4, 5, 7]) {
        const x = Float32Array.from({ length }, (_, i) => 0.3 + 0.1 * i);
        const [from, to] = [put(x), put(new Float32Array(12).fill(9))];
        functions.unary(code, from, to, length, 0);
        const y = take(to, 12);
        t.true([...x].every((v, i) => isRight(y[i], exact(v), v, ulps)));
        t.true(y.subarray(length).every((v) => v === 9));
      }
    });
  }
}

test('sines and cosines are within a unit of the last place of 1, up to 8192', (t) => {
  for (const { functions, put, take } of simdBuilds()) {
    const x = Float32Array.from({ length: 60_001 }, (_, i) => (i - 30_000) * (i % 2 ? 3e-4 : 0.27));
    const [from, to] = [put(x), put(new Float32Array(x.length))];
    for (const [code, exact] of [
      [17, Math.sin],
      [18, Math.cos],
    ] as const) {
      // prettier-ignore
      functions.unary(code, from, to, x.length, 0);
      const worst = [...take(to, x.length)].reduce((most, y, i) => Math.max(most, Math.abs(y - exact(x[i]))), 0);
      t.true(worst < 1.2e-7, `${exact.name}: ${worst}`);
    }
    const special = [put(Float32Array.of(NaN, Infinity, -Infinity, 0)), put(new Float32Array(4))];
    functions.unary(17, special[0], special[1], 4, 0);
    t.deepEqual([...take(special[1], 4)], [NaN, NaN, NaN, 0]);
  }
});

/** Subnormal arguments and results count as zero or as the least normal number; nothing else does. */
function isRight(y: number, exact: number, x: number, ulps: number): boolean {
  if (Number.isNaN(exact)) return Number.isNaN(y);
  if (Math.abs(exact) > LARGEST) return Math.sign(exact) * Infinity === y;
  if (Math.abs(exact) < 1.01 * LEAST_NORMAL) return Math.abs(y - exact) <= 1.02 * LEAST_NORMAL;
  if (x !== 0 && Math.abs(x) < LEAST_NORMAL) return Math.abs(y - exact) <= 0.2 * Math.abs(exact) || y === exact;
  return Math.abs(y - exact) <= ulps * unitInLastPlace(exact);
}

/** Special values, both edges of overflow, and numbers of all magnitudes, evenly and unevenly spread. */
function points(): number[] {
  const special = [0, -0, 1, -1, Infinity, -Infinity, NaN, LARGEST, -LARGEST, LEAST_NORMAL, -LEAST_NORMAL, 2 ** -149];
  const edges = [88.7228317, 88.7228394, 88.73, 89, 1e4, -87.336, -87.3366, -88, -104, -1e4, Math.SQRT2, Math.SQRT1_2];
  const even = Array.from({ length: 200_001 }, (_, i) => -100 + 1e-3 * i);
  const fine = Array.from({ length: 40_001 }, (_, i) => -2 + 1e-4 * i);
  const magnitudes = Array.from({ length: 20_000 }, (_, i) => 2 ** (-126 + (253 * i) / 20_000));
  return [...special, ...edges, ...even, ...fine, ...magnitudes, ...magnitudes.map((v) => -v)];
}

/** By the series `2 / √π exp(-x²) Σ 2ᵏ x²ᵏ⁺¹ / (2k + 1)!!`, whose terms have one sign. */
function erf(x: number): number {
  if (Math.abs(x) > 6 || Number.isNaN(x)) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let k = 1; Math.abs(term) > 1e-18 * Math.abs(sum); k++) sum += term *= (2 * x * x) / (2 * k + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
