import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  FlowConfigError,
  RandomStream,
  TokenCoupling,
  VisionTransformer,
  type TokenConditionerRequest,
  type TokenCouplingKind,
  type TokenCouplingOptions,
} from '../../../src/index.js';
import { logAbsDet } from '../../contract/numerics.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';
import { perturb } from '../../support/perturb.js';

const SPATIAL: readonly TokenCouplingKind[] = ['checkerboard', 'verticalStripes', 'horizontalStripes'];
const KINDS: readonly TokenCouplingKind[] = ['channels', ...SPATIAL];

const small = (request: TokenConditionerRequest) => new VisionTransformer({ ...request, width: 8, depth: 1, heads: 2, seed: 'vit' }); // prettier-ignore

function coupling(options: Partial<TokenCouplingOptions> & { kind: TokenCouplingKind }): TokenCoupling {
  return new TokenCoupling({ grid: [4, 4], channels: 4, conditioner: small, ...options });
}

/** Tokens that a coupling leaves as they are, and those that it changes. */
function halves(layer: TokenCoupling): { kept: number[]; changed: number[] } {
  return tf.tidy(() => {
    const x = new RandomStream('halves').normalTensor([1, ...layer.eventShapeIn]);
    const moved = tf.sum(tf.abs(tf.sub(layer.inverse(x), x)), 2).dataSync();
    const tokens = Array.from(moved, (_, i) => i);
    return { kept: tokens.filter((i) => moved[i] === 0), changed: tokens.filter((i) => moved[i] > 0) };
  });
}

for (const kind of KINDS) {
  for (const flip of [false, true]) {
    onEachBackend(test, `${kind}${flip ? ', flipped' : ''}: the identity at first, and invertible ever after`, (t) => {
      using layer = coupling({ kind, flip, maxScale: flip ? 3 : 2 });
      tf.tidy(() => {
        const x = new RandomStream('x').normalTensor([3, 16, 4]);
        const [z, logDet] = layer.inverseAndLogDet(x);
        assertClose(t, z, x, flip ? 1e-6 : 0, 'identity');
        assertClose(t, logDet, [0, 0, 0], flip ? 1e-4 : 0, 'log-det');
        perturb(layer, 'weights');
        const [image, there] = layer.inverseAndLogDet(x);
        const [again, back] = layer.forwardAndLogDet(image);
        assertClose(t, again, x, 1e-4, 'round trip');
        assertClose(t, back, tf.neg(there), 1e-4, 'log-dets');
        t.true(tf.max(tf.abs(tf.sub(image, x))).dataSync()[0] > 0.1);
      });
    });
  }

  onEachBackend(test, `${kind}: the log-determinant is that of the Jacobian, on 2 x 2 tokens`, (t) => {
    using layer = coupling({ kind, grid: [2, 2], channels: 2 });
    perturb(layer, 'jacobian');
    tf.tidy(() => {
      const x = new RandomStream('x').normalTensor([1, 4, 2]);
      const rows = Array.from({ length: 8 }, (_, i) => {
        const output = (at: Tensor) => tf.sum(tf.slice(tf.reshape(layer.inverse(at), [8]), i, 1));
        return tf.grad(output)(x).dataSync() as Float32Array;
      });
      assertClose(t, layer.inverseAndLogDet(x)[1], [logAbsDet(rows)], 1e-4);
    });
  });
}

onEachBackend(test, 'the scale is bounded, and so is the volume', (t) => {
  using layer = coupling({ kind: 'channels', maxScale: 2 });
  perturb(layer, 'wild', 10);
  tf.tidy(() => {
    const x = tf.mul(new RandomStream('x').normalTensor([5, 16, 4]), 100);
    const bound = 32 * Math.log(2);
    t.true(layer.inverseAndLogDet(x)[1].dataSync().every((value) => value <= bound + 1e-3)); // prettier-ignore
  });
});

for (const kind of SPATIAL) {
  onEachBackend(test, `${kind}: halves partition the tokens as the name says, and flip exchanges them`, (t) => {
    using layer = coupling({ kind });
    using flipped = coupling({ kind, flip: true });
    perturb(layer, 'weights');
    perturb(flipped, 'weights');
    const { kept, changed } = halves(layer);
    t.deepEqual([...kept, ...changed].sort((a, b) => a - b), Array.from({ length: 16 }, (_, i) => i)); // prettier-ignore
    t.deepEqual(halves(flipped), { kept: changed, changed: kept });
    const odd = { checkerboard: [1, 3, 4, 6], verticalStripes: [1, 3, 5, 7], horizontalStripes: [4, 5, 6, 7] };
    t.deepEqual(changed.slice(0, 4), odd[kind as keyof typeof odd]);
  });
}

onEachBackend(test, 'the order of the channels is fixed by the seed', (t) => {
  const config = (seed: string) => {
    using layer = coupling({ kind: 'channels', channels: 16, seed });
    perturb(layer, 'weights');
    return tf.tidy(() => layer.inverse(new RandomStream('x').normalTensor([1, 16, 16])).dataSync());
  };
  t.deepEqual(config('a'), config('a'));
  t.notDeepEqual(config('a'), config('b'));
});

test('grids and channels without equal halves are refused, and what else makes no layer', (t) => {
  const table = [
    [{ kind: 'checkerboard', grid: [3, 5] }, 'TokenCoupling.grid: expected a grid that checkerboard cuts into equal halves, got [3, 5].'],
    [{ kind: 'verticalStripes', grid: [4, 3] }, 'TokenCoupling.grid: expected a grid that verticalStripes cuts into equal halves, got [4, 3].'],
    [{ kind: 'horizontalStripes', grid: [3, 4] }, 'TokenCoupling.grid: expected a grid that horizontalStripes cuts into equal'],
    [{ kind: 'channels', channels: 3 }, 'TokenCoupling.channels: expected an even number'],
    [{ kind: 'checkerboard', channels: 3 }, 'TokenCoupling.channels: expected an even number'],
    [{ kind: 'channels', channels: 0 }, 'TokenCoupling.channels: expected a positive integer, got 0.'],
    [{ kind: 'channels', grid: [0, 2] }, 'TokenCoupling.grid[0]: expected a positive integer, got 0.'],
    [{ kind: 'diagonal' }, "TokenCoupling.kind: expected one of channels, checkerboard, verticalStripes, horizontalStripes, got 'diagonal'."],
    [{ kind: 'channels', maxScale: 1 }, 'TokenCoupling.maxScale: expected a number above 1, got 1.'],
    [{ kind: 'channels', conditioner: (request: TokenConditionerRequest) => small({ ...request, inputs: 3 }) }, 'TokenCoupling: expected a conditioner from 2 inputs to 4 outputs a token, got 3 to 4.'],
  ] as const; // prettier-ignore
  for (const [options, message] of table) {
    const error = t.throws(() => coupling(options as never), { instanceOf: FlowConfigError });
    t.true(error.message.startsWith(message), error.message);
  }
});
