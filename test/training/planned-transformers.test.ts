import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  fit,
  jet,
  negativeLogLikelihood,
  RandomStream,
  ready,
  tarFlow,
  type Flow,
  type Objective,
} from '../../src/index.js';
import { weightsOf } from './support.js';

test.before(() => ready({ backend: 'wasm' }));

const EVENT = [4, 4, 2];
const STEPS = 12;

/** The same, but not declared to be a mean over rows: trained eagerly. */
const eagerly: Objective = (model, batch, stream) => negativeLogLikelihood(model, batch, stream);

/** Smooth pictures with noise. */
const images = new RandomStream('images').uniform(64 * 32).map((u, i) => 100 + 60 * Math.sin(i / 7) + 40 * u);

const FLOWS: Record<string, () => Flow> = {
  jet: () => jet({ eventShape: EVENT, patch: 2, couplings: 5, depth: 1, width: 8, heads: 2 }),
  tarFlow: () => tarFlow({ eventShape: EVENT, patch: 2, blocks: 2, layers: 1, width: 8, headWidth: 4 }),
};

for (const [name, build] of Object.entries(FLOWS)) {
  test.serial(`planned steps of ${name} follow the eager ones, without kernels of TF.js`, async (t) => {
    const train = async (flow: Flow, objective?: Objective) => {
      const losses: number[] = [];
      let kernels = 0;
      const engine = tf.engine();
      const { runKernel } = Object.getPrototypeOf(engine) as typeof engine;
      const watch = ((...call: Parameters<typeof runKernel>) => (kernels++, runKernel.apply(engine, call))) as typeof runKernel; // prettier-ignore
      const onStep = ({ step, loss }: { step: number; loss: number }) => {
        losses.push(loss);
        if (step === 4) engine.runKernel = watch;
      };
      const options = { steps: STEPS, batchSize: 32, seed: 'order', callbacks: { onStep }, ...(objective && { objective }) }; // prettier-ignore
      await fit(flow, images, options).finally(() => delete (engine as Partial<typeof engine>).runKernel);
      return { losses, kernels: kernels / (STEPS - 4) };
    };
    using planned = build();
    using eager = build();
    const [one, other] = [await train(planned), await train(eager, eagerly)];
    t.is(one.losses.length, STEPS);
    t.true(one.losses.at(-1)! < one.losses[0]);
    const worst = Math.max(...one.losses.map((loss, i) => Math.abs(loss - other.losses[i]) / Math.abs(loss)));
    t.true(worst < 1e-5, `losses differ by ${worst}`);
    t.true(one.kernels <= 2 * planned.trainableVariables.length, `${one.kernels} kernels a step`);
    t.true(other.kernels > 4 * planned.trainableVariables.length, `${other.kernels} kernels a step, eagerly`);
    t.true(weightsOf(planned).flat().every(Number.isFinite)); // prettier-ignore
  });
}
