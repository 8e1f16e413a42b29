import * as tf from '@tensorflow/tfjs-core';
import test, { type ExecutionContext } from 'ava';
import {
  Laplace,
  MultivariateNormal,
  Normal,
  StudentT,
  VonMises,
  type Distribution,
  type SquareMatrix,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { golden } from '../support/golden.js';

interface GoldenCase {
  readonly dist: string;
  readonly params: { readonly mean: number[]; readonly cov: SquareMatrix } & Record<string, number>;
  readonly x: readonly number[] | SquareMatrix;
  readonly logp: readonly number[];
  readonly cdf?: readonly number[];
}

/** The distribution of a case, once fixed and once trained where the two take different ways. */
const BUILD: Record<string, (params: GoldenCase['params'], learnable: boolean) => Distribution> = {
  normal: ({ loc, scale }, learnable) => new Normal({ eventShape: [1], loc, scale, learnable }),
  laplace: ({ loc, scale }, learnable) => new Laplace({ eventShape: [1], loc, scale, learnable }),
  studentT: ({ df, loc, scale }, learnable) =>
    new StudentT({ eventShape: [1], df, loc, scale, learnable, learnableDf: learnable }),
  cauchy: ({ loc, scale }, learnable) => new StudentT({ eventShape: [1], df: 1, loc, scale, learnable }),
  vonMises: ({ loc, kappa }, learnable) => new VonMises({ eventShape: [1], loc, concentration: kappa, learnable }),
  mvn: ({ mean, cov }, learnable) => new MultivariateNormal({ loc: mean, covariance: cov, learnable }),
};

const cases = golden<GoldenCase>('base_densities').cases.filter(({ dist }) => dist in BUILD);

test('reference values cover every family', (t) => {
  t.deepEqual(new Set(cases.map(({ dist }) => dist)), new Set(Object.keys(BUILD)));
});

onEachBackend(test, 'log densities agree with reference values', (t) => {
  forEachCase((name, distribution, { x, logp }) => {
    tf.tidy(() => {
      const events = tf.tensor(x.flat(), [logp.length, ...distribution.eventShape]);
      assertClose(t, distribution.logProb(events), logp, 2e-6, name);
    });
  });
});

onEachBackend(test, 'draws follow the reference distribution functions', (t) => {
  forEachCase((name, distribution, { x, cdf }) => {
    if (cdf) assertFollows(t, distribution, x as number[], cdf, name);
  });
});

function forEachCase(verify: (name: string, distribution: Distribution, reference: GoldenCase) => void): void {
  for (const reference of cases) {
    for (const learnable of [false, true]) {
      const distribution = BUILD[reference.dist](reference.params, learnable);
      const name = `${reference.dist} ${JSON.stringify(reference.params)} ${learnable ? 'trained' : 'fixed'}`;
      verify(name, distribution, reference);
      distribution.dispose();
    }
  }
}

/** Fractions of draws below each `x`, within five standard deviations. */
function assertFollows(
  t: ExecutionContext,
  distribution: Distribution,
  x: readonly number[],
  cdf: readonly number[],
  name: string,
): void {
  const n = 20000;
  const draws = tf.tidy(() => distribution.sample(n, { seed: 'golden' }).dataSync<'float32'>());
  x.forEach((bound, i) => {
    const fraction = draws.reduce((count, draw) => count + (draw <= bound ? 1 : 0), 0) / n;
    const deviation = Math.sqrt((cdf[i] * (1 - cdf[i])) / n);
    t.true(
      Math.abs(fraction - cdf[i]) <= 5 * deviation,
      `${name}: ${fraction} of the draws below ${bound}, not ${cdf[i]}`,
    );
  });
}
