import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { Chain, ContinuousBijector, Invert, RandomStream, ready, Scale } from '../../src/index.js';
import { collectingPenalties } from '../../src/path-penalties.js';
import { assertClose } from '../support/close.js';
import { LinearField, smallFlow } from './continuous-support.js';

test.before(() => ready());

const TIGHT = { rtol: 1e-6, atol: 1e-6 };

/** A field that counts how often anybody asks for its Jacobian. */
class CountingField extends LinearField {
  asked = 0;

  protected override products(...args: Parameters<LinearField['products']>): [Tensor, Tensor] {
    this.asked++;
    return super.products(...args);
  }
}

test('points that move alone take no divergence, in chains and inverted too', (t) => {
  const field = new CountingField([[0.2, -1], [0.7, 0.1]]); // prettier-ignore
  const moved = new ContinuousBijector({ field, divergence: { estimator: 'hutch++' }, solver: TIGHT });
  using bijector = new Chain({ bijectors: [new Scale({ eventShape: [2] }), new Invert({ bijector: moved })] });
  const x = new RandomStream('alone').normalTensor([20, 2]);
  const alone = [bijector.forward(x), bijector.inverse(x)];
  t.is(field.asked, 0);
  const [forward, inverse] = [bijector.forwardAndLogDet(x), bijector.inverseAndLogDet(x)];
  t.true(field.asked > 0);
  alone.forEach((value, i) => {
    const gap = tf.tidy(() => tf.max(tf.abs(tf.sub(value, [forward, inverse][i][0]))).dataSync()[0]);
    t.true(gap < 1e-5, `direction ${i}: ${gap}`);
  });
  tf.dispose([x, ...alone, ...forward, ...inverse]);
});

test('penalties of points that move alone are the same', (t) => {
  using flow = smallFlow({ solver: TIGHT });
  const x = new RandomStream('charged').normalTensor([30, 2]);
  const charged = (map: () => Tensor | Tensor[]) => {
    const found: Record<string, Float32Array> = {};
    const add = (penalty: string, value: Tensor) => (found[penalty] = value.dataSync<'float32'>().slice());
    tf.dispose(collectingPenalties({ wanted: ['kinetic', 'jacobian'], add }, map));
    return found;
  };
  const [alone, beside] = [charged(() => flow.bijector.inverse(x)), charged(() => flow.bijector.inverseAndLogDet(x))];
  for (const penalty of ['kinetic', 'jacobian']) assertClose(t, alone[penalty], beside[penalty], 1e-4, penalty);
  x.dispose();
});

test('draws repeat with the seed and agree with those that come with their density, to the tolerance', (t) => {
  for (const rows of [10, 400]) {
    using flow = smallFlow({ solver: { rtol: 1e-5, atol: 1e-5 } });
    // The first draws are eager, later ones programs.
    const draws = Array.from({ length: 4 }, () => flow.sample(rows, { seed: 7 }));
    const [first, ...others] = draws.map((x) => x.dataSync<'float32'>());
    t.deepEqual(others[0], first);
    t.deepEqual(others[2], others[1]);
    const [x, logProb] = flow.sampleAndLogProb(rows, { seed: 7 });
    const gap = tf.tidy(() => [
      tf.max(tf.abs(tf.sub(x, draws[0]))).dataSync()[0],
      tf.max(tf.abs(tf.sub(logProb, flow.logProb(draws[0])))).dataSync()[0],
    ]);
    t.true(Math.max(...gap) < 2e-4, gap.join(', '));
    tf.dispose([...draws, x, logProb]);
  }
});

test('an exact divergence takes nothing from the random stream', (t) => {
  let splits = 0;
  class CountedStream extends RandomStream {
    override split(name: string | number): RandomStream {
      splits++;
      return super.split(name);
    }
  }
  const x = new RandomStream('x').normalTensor([5, 2]);
  const divergence = (estimator: 'exact' | 'gaussian') => {
    const seed = new CountedStream('probes');
    using flow = smallFlow({ evaluationDivergence: { estimator }, seed });
    splits = 0;
    flow.logProb(x).dispose();
    return splits;
  };
  t.is(divergence('exact'), 0);
  t.is(divergence('gaussian'), 1);
  x.dispose();
});
