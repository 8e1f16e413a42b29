import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { Exp, Logit, Sigmoid, Softplus, Tanh, type Bijector } from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

const AT = [-50, -10, -1, 0, 0.5, 10, 50];

/** `log(1 + exp(x))` in double precision. */
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

interface Formula {
  readonly map: () => Bijector;
  readonly value: (x: number) => number;
  readonly logSlope: (x: number) => number;
  /** Whether values are exact to an absolute error only: those near the middle of an interval not around zero. */
  readonly absolute?: boolean;
}

const FORMULAS: Record<string, Formula> = {
  Sigmoid: {
    map: () => new Sigmoid({ eventShape: [] }),
    value: (x) => 1 / (1 + Math.exp(-x)),
    logSlope: (x) => -softplus(x) - softplus(-x),
  },
  'Sigmoid onto (-2, 6)': {
    map: () => new Sigmoid({ eventShape: [], low: -2, high: 6 }),
    value: (x) => 8 / (1 + Math.exp(-x)) - 2,
    logSlope: (x) => Math.log(8) - softplus(x) - softplus(-x),
    absolute: true,
  },
  Softplus: { map: () => new Softplus({ eventShape: [] }), value: softplus, logSlope: (x) => -softplus(-x) },
  Tanh: {
    map: () => new Tanh({ eventShape: [] }),
    value: Math.tanh,
    logSlope: (x) => 2 * (Math.LN2 - Math.abs(x) - Math.log1p(Math.exp(-2 * Math.abs(x)))),
  },
  Exp: { map: () => new Exp({ eventShape: [] }), value: Math.exp, logSlope: (x) => x },
};

for (const [name, { map, value, logSlope, absolute }] of Object.entries(FORMULAS)) {
  onEachBackend(test, `${name} has the right values and log-derivatives from -50 to 50`, (t) => {
    using bijector = map();
    tf.tidy(() => {
      const [y, logDet] = bijector.forwardAndLogDet(tf.tensor1d(AT));
      y.dataSync().forEach((actual, i) => {
        const expected = value(AT[i]);
        const error = Math.abs(actual - expected) / (absolute ? 1 : Math.abs(expected) || 1);
        t.true(error <= 2e-6, `${actual} instead of ${expected} at ${AT[i]}`);
      });
      assertClose(t, logDet, AT.map(logSlope), 2e-6);
    });
  });

  onEachBackend(test, `${name} inverts to finite numbers at and near its ends`, (t) => {
    using bijector = map();
    const ends = bijector.domainOut.filter(Number.isFinite);
    tf.tidy(() => {
      const y = tf.tensor1d([...ends, ...bijector.forward(tf.tensor1d([-60, 60])).dataSync()]);
      const [x, logDet] = bijector.inverseAndLogDet(y);
      t.true([...x.dataSync(), ...logDet.dataSync()].every(Number.isFinite));
    });
  });

  onEachBackend(test, `${name} gives no density outside of its interval, and keeps what is not a number`, (t) => {
    using bijector = map();
    const outside = bijector.domainOut.flatMap((end) => (Number.isFinite(end) ? [end + Math.sign(end - 0.5)] : []));
    tf.tidy(() => {
      const [x, logDet] = bijector.inverseAndLogDet(tf.tensor1d([...outside, NaN]));
      const [values, logDets] = [[...x.dataSync()], [...logDet.dataSync()]];
      t.true(values.slice(0, -1).every(Number.isFinite));
      t.deepEqual(logDets.slice(0, -1), Array<number>(outside.length).fill(-Infinity));
      t.deepEqual([values.at(-1), logDets.at(-1)], [NaN, NaN]);
      t.deepEqual([...bijector.forward(tf.tensor1d([NaN])).dataSync()], [NaN]);
    });
  });
}

onEachBackend(test, 'small values keep their relative precision through Softplus', (t) => {
  using bijector = new Softplus({ eventShape: [] });
  tf.tidy(() => {
    const x = [-40, -20, -14, -13, -8, -3];
    assertClose(t, bijector.inverse(bijector.forward(tf.tensor1d(x))), x, 1e-5);
  });
});

onEachBackend(test, 'Logit is Sigmoid run backwards', (t) => {
  using logit = new Logit({ eventShape: [2], low: -1, high: 3 });
  using sigmoid = new Sigmoid({ eventShape: [2], low: -1, high: 3 });
  t.deepEqual([logit.domainIn, logit.domainOut], [sigmoid.domainOut, sigmoid.domainIn]);
  tf.tidy(() => {
    const x = tf.tensor2d([[-0.9, 0], [1, 2.5]]); // prettier-ignore
    const [[y, logDet], [expected, expectedLogDet]] = [logit.forwardAndLogDet(x), sigmoid.inverseAndLogDet(x)];
    assertClose(t, y, expected, 0);
    assertClose(t, logDet, expectedLogDet, 0);
  });
});
