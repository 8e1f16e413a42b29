import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { FlowConfigError, PixelLogit, PixelScaling, type PixelLogitOptions } from '../../../src/index.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';

const image = [2, 2, 3];
const D = 12;

for (const [title, options, at0, atTop, logDet] of [
  ['Glow', {}, -0.5, 0.5, -D * Math.log(256)],
  ['[-1, 1)', { low: -1, high: 1 }, -1, 1, -D * Math.log(128)],
  ['five bits', { bits: 5 }, -0.5, 0.5, -D * Math.log(32)],
] as const) {
  onEachBackend(test, `PixelScaling: pixels come where they should, and exactly back: ${title}`, (t) => {
    using scaling = new PixelScaling({ eventShape: image, ...options });
    const top = 2 ** scaling.bits;
    tf.tidy(() => {
      const u = tf.tensor(
        [...Array(D).keys()].map((i) => (i * top) / D - (i % 2) / 1024),
        [1, ...image],
      );
      const [x, inverseLogDet] = scaling.inverseAndLogDet(tf.concat([u, tf.zerosLike(u), tf.fill([1, ...image], top)]));
      assertClose(t, inverseLogDet, [logDet, logDet, logDet], 1e-6);
      t.deepEqual([...x.dataSync().slice(D)], [...Array<number>(D).fill(at0), ...Array<number>(D).fill(atTop)]);
      const [back, forwardLogDet] = scaling.forwardAndLogDet(x);
      assertClose(t, back.dataSync().slice(0, D), u, 1e-6);
      assertClose(t, forwardLogDet, [-logDet, -logDet, -logDet], 1e-6);
    });
  });
}

onEachBackend(test, 'PixelScaling loses no digit of a pixel with noise', (t) => {
  using scaling = new PixelScaling({ eventShape: [3] });
  const values = [255 + 65535 / 65536, 128 + 1 / 65536, 3.25];
  tf.tidy(() => t.deepEqual([...scaling.forward(scaling.inverse(tf.tensor1d(values))).dataSync()], values));
});

/** The map and its log-derivative in doubles, from 1 − p as well as p. */
function logitOf(u: number, bits: number, alpha: number): { x: number; logSlope: number } {
  const share = (1 - 2 * alpha) / 2 ** bits;
  const [p, rest] = [alpha + share * u, alpha + share * (2 ** bits - u)];
  return { x: Math.log(p / rest), logSlope: Math.log(share) - Math.log(p) - Math.log(rest) };
}

for (const { bits, alpha } of [
  { bits: 8, alpha: 0.05 },
  { bits: 8, alpha: 1e-6 },
  { bits: 5, alpha: 0.2 },
]) {
  // prettier-ignore
  onEachBackend(test, `PixelLogit with ${bits} bits and alpha ${alpha} has the right values, log-determinant and inverse`, (t) => {
    using logit = new PixelLogit({ eventShape: [1], bits, alpha });
    const top = 2 ** bits;
    const u = [0, 0.001, 1, top / 2, 0.7 * top, top - 1, top - 2 ** (bits - 24), top].map(Math.fround);
    const expected = u.map((value) => logitOf(value, bits, alpha));
    tf.tidy(() => {
      const [x, logDet] = logit.inverseAndLogDet(tf.tensor2d(u, [u.length, 1]));
      assertClose(t, x, expected.map((value) => value.x), 2e-6, 'values'); // prettier-ignore
      assertClose(t, logDet, expected.map(({ logSlope }) => logSlope), 4e-6, 'log-determinants'); // prettier-ignore
      const [back, forwardLogDet] = logit.forwardAndLogDet(x);
      assertClose(t, tf.div(back, top), u.map((value) => value / top), 3e-7, 'back'); // prettier-ignore
      assertClose(t, forwardLogDet, expected.map(({ logSlope }) => -logSlope), 4e-6, 'log-determinants back'); // prettier-ignore
    });
  });
}

onEachBackend(test, 'PixelLogit has no density beyond its margin, and draws beyond it never', (t) => {
  using logit = new PixelLogit({ eventShape: [1], alpha: 0.05 });
  const margin = (0.05 / 0.9) * 256;
  assertClose(t, logit.domainOut, [-margin, 256 + margin], 1e-6);
  tf.tidy(() => {
    const outside = tf.tensor2d([-margin - 1, 256 + margin + 1], [2, 1]);
    t.deepEqual([...logit.inverseAndLogDet(outside)[1].dataSync()], [-Infinity, -Infinity]);
    const drawn = logit.forward(tf.tensor2d([-80, 80], [2, 1]));
    assertClose(t, drawn, [-margin, 256 + margin], 1e-5);
  });
});

test('bits, ends and margins that make no sense are refused', (t) => {
  const refused = (build: () => unknown, message: string) => {
    t.is(t.throws(build, { instanceOf: FlowConfigError }).message, message);
  };
  for (const bits of [0, 17, 2.5]) {
    const message = `PixelScaling.bits: expected a whole number from 1 to 16, got ${bits}.`;
    refused(() => new PixelScaling({ eventShape: [1], bits }), message);
    refused(() => new PixelLogit({ eventShape: [1], bits }), message.replace('Scaling', 'Logit'));
  }
  t.throws(() => new PixelScaling({ eventShape: [1], low: 1, high: -1 }), { instanceOf: FlowConfigError, message: /low 1, high -1/ }); // prettier-ignore
  for (const alpha of [0, 0.5, -1, NaN]) {
    const options: PixelLogitOptions = { eventShape: [1], alpha };
    refused(() => new PixelLogit(options), `PixelLogit.alpha: expected a number in (0, 1/2), got ${alpha}.`);
  }
});
