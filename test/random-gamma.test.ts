import test from 'ava';
import { FlowConfigError, RandomStream } from '../src/index.js';
import { golden } from './support/golden.js';

interface GammaCase {
  readonly dist: string;
  readonly params: { readonly shape: number; readonly rate: number };
  readonly x: readonly number[];
  readonly cdf: readonly number[];
}

const N = 20000;

/** Fraction of numbers up to each bound, within five standard deviations of what is expected. */
function follows(draws: Float32Array, bound: number, probability: number): boolean {
  const fraction = draws.reduce((count, draw) => count + (draw <= bound ? 1 : 0), 0) / draws.length;
  return Math.abs(fraction - probability) <= 5 * Math.sqrt((probability * (1 - probability)) / draws.length);
}

test('gamma numbers follow reference distribution functions', (t) => {
  const cases = golden<GammaCase>('base_densities').cases.filter(({ dist }) => dist === 'gamma');
  t.true(cases.length > 0);
  for (const { params, x, cdf } of cases) {
    const draws = new RandomStream('gamma').gamma(N, params.shape);
    x.forEach((bound, i) => t.true(follows(draws, bound * params.rate, cdf[i])));
  }
});

test('gamma numbers of shape 1 are exponential, of shape 1/2 halved squares of normal numbers', (t) => {
  const exponential = new RandomStream(0).gamma(N, 1);
  for (const bound of [0.1, 0.7, 2]) t.true(follows(exponential, bound, 1 - Math.exp(-bound)));
  const squares = new RandomStream(0).gamma(N, 0.5);
  // P(|z| < 1), P(|z| < 2) of a standard normal number.
  t.true(follows(squares, 0.5, 0.6826894921370859));
  t.true(follows(squares, 2, 0.9544997361036416));
});

test('gamma numbers have mean and variance equal to their shape', (t) => {
  for (const shape of [0.05, 0.3, 1, 4.5, 300]) {
    const draws = new RandomStream('moments').gamma(N, shape);
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / N;
    const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / N;
    t.true(Math.abs(mean - shape) < 5 * Math.sqrt(shape / N), `mean ${mean} for shape ${shape}`);
    const spread = Math.sqrt((2 * shape ** 2 + 6 * shape) / N);
    t.true(Math.abs(variance - shape) < 5 * spread, `variance ${variance} for shape ${shape}`);
    t.true(draws.every((draw) => draw >= 0));
  }
});

test('gamma numbers repeat with the seed and refuse a shape that is not positive', (t) => {
  t.deepEqual(new RandomStream(0).gamma(9, 2), new RandomStream(0).gamma(9, 2));
  for (const shape of [0, -1, NaN, Infinity]) {
    const error = t.throws(() => new RandomStream(0).nextGamma(shape), { instanceOf: FlowConfigError });
    t.is(error.message, `RandomStream.nextGamma: expected a positive shape, got ${shape}.`);
  }
});
