import test from 'ava';
import { constant, cosine, FlowConfigError, stepDecay, warmUp } from '../../../src/index.js';
import { assertClose } from '../../support/close.js';

test('constant', (t) => {
  t.deepEqual([0, 5, 10].map((step) => constant()(step, 10)), [1, 1, 1]); // prettier-ignore
});

test('cosine falls from 1 to its floor', (t) => {
  const values = [0, 25, 50, 75, 100, 200];
  const half = Math.SQRT1_2;
  assertClose(t, values.map((step) => cosine()(step, 100)), [1, (1 + half) / 2, 0.5, (1 - half) / 2, 0, 0], 1e-15); // prettier-ignore
  assertClose(t, values.slice(0, 5).map((step) => cosine({ floor: 0.2 })(step, 100)), [1, 0.6 + 0.4 * half, 0.6, 0.6 - 0.4 * half, 0.2], 1e-15); // prettier-ignore
});

test('warm-up climbs, then hands over', (t) => {
  const schedule = warmUp({ steps: 4, then: cosine() });
  assertClose(t, [0, 1, 2, 3, 4, 9, 14].map((step) => schedule(step, 14)), [0.25, 0.5, 0.75, 1, 1, 0.5, 0], 1e-15); // prettier-ignore
  t.is(warmUp({ steps: 4 })(100, 10), 1);
});

test('step decay drops by a factor', (t) => {
  const schedule = stepDecay({ every: 10, factor: 0.5 });
  t.deepEqual([0, 9, 10, 19, 20, 35].map((step) => schedule(step, 100)), [1, 1, 0.5, 0.5, 0.25, 0.125]); // prettier-ignore
  t.is(stepDecay({ every: 1 })(1, 2), 0.1);
});

const bad: [name: string, build: () => unknown][] = [
  ['cosine.floor', () => cosine({ floor: 2 })],
  ['warmUp.steps', () => warmUp({ steps: 0 })],
  ['stepDecay.every', () => stepDecay({ every: 1.5 })],
  ['stepDecay.factor', () => stepDecay({ every: 1, factor: 0 })],
];
for (const [name, build] of bad) {
  test(`refuses a bad ${name}`, (t) => {
    t.throws(build, { instanceOf: FlowConfigError, message: new RegExp(`^${name}: expected`) });
  });
}
