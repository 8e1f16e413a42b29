import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  Affine,
  Chain,
  Flow,
  FlowConfigError,
  FlowShapeError,
  iaf,
  maf,
  nice,
  RandomStream,
  realNvp,
  splineAutoregressiveFlow,
  splineCouplingFlow,
  type RecipeOptions,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { perturb } from '../support/perturb.js';

const RECIPES: Record<string, (options: RecipeOptions) => Flow> = {
  splineCouplingFlow,
  splineAutoregressiveFlow,
  realNvp,
  nice,
  maf,
  iaf,
};

const SMALL = { layers: 3, hidden: [16], seed: 'recipes' };

test('published sizes have the published numbers of parameters', (t) => {
  const count = (flow: Flow): number => {
    const { parameterCount } = flow;
    flow.dispose();
    return parameterCount;
  };
  t.is(count(splineCouplingFlow({ dims: 2, layers: 5, hidden: [64, 64], bins: 8 })), 28_915);
  t.is(count(splineCouplingFlow({ dims: 6, layers: 5, hidden: [128, 128], bins: 8, mixing: 'lu' })), 129_793);
  t.is(count(splineAutoregressiveFlow({ dims: 6, layers: 5, hidden: [128, 128], bins: 8 })), 176_050);
  t.is(count(realNvp({ dims: 6, layers: 8, hidden: [128, 128] })), 142_384);
});

for (const [name, recipe] of Object.entries(RECIPES)) {
  for (const dims of [1, 2, 3, 5]) {
    onEachBackend(test, `${name}, ${dims} coordinates: starts as the base, round trips, and is seeded`, (t) => {
      using flow = recipe({ dims, ...SMALL, mixing: 'reverse' });
      using twin = recipe({ dims, ...SMALL, mixing: 'reverse' });
      using other = recipe({ dims, ...SMALL, mixing: 'reverse', seed: 'another' });
      tf.tidy(() => {
        const x = new RandomStream('x').normalTensor([11, dims]);
        const gaussian = tf.sum(tf.sub(tf.mul(-0.5, tf.square(x)), 0.5 * Math.log(2 * Math.PI)), 1);
        assertClose(t, flow.logProb(x), gaussian.dataSync(), 1e-5, 'log-density at the start');
        [flow, twin, other].forEach((each) => perturb(each, 'weights'));
        const z = flow.inverse(x);
        assertClose(t, flow.forward(z), x.dataSync(), 1e-3, 'round trip');
        assertClose(t, twin.logProb(x), flow.logProb(x).dataSync(), 0, 'equal seeds');
        if (dims > 1) t.notDeepEqual(other.logProb(x).dataSync(), flow.logProb(x).dataSync());
        const [draws, logProb] = flow.sampleAndLogProb(7, { seed: 0 });
        assertClose(t, flow.sample(7, { seed: 0 }), draws.dataSync(), 0, 'equal seeds, equal draws');
        assertClose(t, logProb, flow.logProb(draws).dataSync(), 1e-3, 'density of draws');
      });
    });
  }

  for (const dims of [1, 2]) {
    onEachBackend(test, `${name}, ${dims} coordinates: the density integrates to one`, (t) => {
      using flow = recipe({ dims, ...SMALL });
      perturb(flow, 'integral');
      tf.tidy(() => {
        // Affine layers can stretch far: a wide grid, fine enough for the narrowest bin.
        const [reach, cells] = dims === 1 ? [40, 20_001] : [20, 501];
        const axis = tf.linspace(-reach, reach, cells);
        const grid = dims === 1 ? tf.expandDims(axis, 1) : tf.stack(tf.meshgrid(axis, axis).map((g) => tf.reshape(g, [-1])), 1); // prettier-ignore
        const cell = ((2 * reach) / (cells - 1)) ** dims;
        const mass = tf.sum(tf.exp(flow.logProb(grid))).dataSync()[0] * cell;
        t.true(Math.abs(mass - 1) < 1e-2, `mass ${mass}`);
      });
    });
  }

  onEachBackend(test, `${name}: a context changes the density, and each draw has its own`, (t) => {
    using flow = recipe({ dims: 2, ...SMALL, contextShape: [3] });
    perturb(flow, 'context');
    tf.tidy(() => {
      const x = new RandomStream('x').normalTensor([4, 2]);
      const context = new RandomStream('c').normalTensor([4, 3]);
      const one = tf.squeeze(tf.slice(context, [1, 0], [1, 3]), [0]);
      const each = flow.logProb(x, { context }).dataSync();
      const same = flow.logProb(x, { context: one }).dataSync();
      t.is(each[1], same[1]);
      t.not(each[0], same[0]);
      t.deepEqual(flow.sample(4, { seed: 1, context }).shape, [4, 2]);
      t.throws(() => flow.logProb(x), { instanceOf: FlowShapeError, message: /pass `context`/ });
      t.throws(() => flow.sample(3, { seed: 1, context }), { instanceOf: FlowShapeError });
    });
  });
}

onEachBackend(test, 'residual conditioners and unconditional splines', (t) => {
  using flow = splineCouplingFlow({ dims: 3, layers: 2, residual: { width: 16 }, unconditionalSplines: true });
  perturb(flow, 'residual');
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([8, 3]);
    assertClose(t, flow.forward(flow.inverse(x)), x.dataSync(), 1e-3);
  });
});

onEachBackend(test, 'reparameterised draws carry gradients to every layer; plain draws carry none', (t) => {
  using flow = splineCouplingFlow({ dims: 2, ...SMALL });
  perturb(flow, 'rsample');
  tf.tidy(() => {
    const { grads } = tf.variableGrads(
      () => tf.mean(tf.square(flow.rsample(32, { seed: 1 }))) as tf.Scalar,
      flow.trainableVariables,
    );
    const last = flow.trainableVariables.at(-1)!;
    t.true(tf.sum(tf.abs(grads[last.name])).dataSync()[0] > 0);
  });
});

onEachBackend(test, 'a low temperature draws closer to the mode', (t) => {
  using flow = realNvp({ dims: 2, ...SMALL });
  tf.tidy(() => {
    const spread = (temperature: number) =>
      tf.moments(flow.sample(500, { seed: 1, temperature })).variance.dataSync()[0];
    assertClose(t, [spread(0.5) / spread(1)], [0.25], 1e-4);
  });
});

onEachBackend(test, 'the layers of a recipe can be part of something else', (t) => {
  const recipe = realNvp({ dims: 2, ...SMALL });
  perturb(recipe, 'weights');
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const x = tf.tensor2d([[0.3, -1], [2, 0.5]]); // prettier-ignore
    const expected = recipe.logProb(x);
    const { base, bijector } = recipe.takeApart();
    t.deepEqual(recipe.parameters, []);
    recipe.dispose();
    const moved = new Flow({ base, bijector: new Chain({ bijectors: [bijector, new Affine({ shift: [1, 2], scale: [4, 4] })] }) }); // prettier-ignore
    const y = tf.add(tf.mul(x, 4), [1, 2]);
    assertClose(t, tf.add(moved.logProb(y), 2 * Math.log(4)), expected, 1e-5);
    moved.dispose();
  });
  t.true(tf.memory().numTensors < before, 'who took the layers frees them');
});

test('impossible sizes are refused', (t) => {
  for (const [name, recipe] of Object.entries(RECIPES)) {
    for (const options of [{ dims: 0 }, { dims: 2.5 }, { dims: 2, layers: 0 }, { dims: 2, hidden: [0] }]) {
      t.throws(() => recipe(options), { instanceOf: FlowConfigError }, `${name} ${JSON.stringify(options)}`);
    }
  }
  t.throws(() => splineCouplingFlow({ dims: 2, bins: 1000 }), { message: /bins · minBinWidth < 1/ });
  t.throws(() => splineCouplingFlow({ dims: 2, tailBound: -1 }), { instanceOf: FlowConfigError });
  t.throws(() => realNvp({ dims: 3, mixing: 'stir' as never }), {
    message: /'none', 'reverse', 'permutation', 'lu' or 'rotation'/,
  });
});
