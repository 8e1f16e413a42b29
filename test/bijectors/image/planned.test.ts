import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  Chain,
  Conv1x1,
  ConvNet,
  EmergingConv,
  FInC,
  fit,
  Flow,
  HaarSqueeze,
  Invert,
  MultiScale,
  negativeLogLikelihood,
  Normal,
  PaddedConv,
  QuadCoupling,
  RandomStream,
  ready,
  Squeeze,
  type Bijector,
  type ConditionerRequest,
  type Objective,
  type Shape,
} from '../../../src/index.js';

test.before(() => ready({ backend: 'wasm' }));

const network = (request: ConditionerRequest) => new ConvNet({ ...request, hidden: [6] });

/** What stands inside of a level. */
const LAYERS: Record<string, (eventShape: Shape) => Bijector> = {
  Conv1x1: (eventShape) => new Conv1x1({ eventShape }),
  'PaddedConv, plu': (eventShape) => new PaddedConv({ eventShape, corner: 'bottomRight' }),
  'PaddedConv, free': (eventShape) => new PaddedConv({ eventShape, diagonal: 'free' }),
  'PaddedConv, unit': (eventShape) => new PaddedConv({ eventShape, diagonal: 'unit' }),
  'PaddedConv, inverted': (eventShape) => new Invert({ bijector: new PaddedConv({ eventShape, corner: 'topRight' }) }),
  FInC: (eventShape) => new FInC({ eventShape }),
  'FInC, inverted': (eventShape) => new Invert({ bijector: new FInC({ eventShape }) }),
  EmergingConv: (eventShape) => new EmergingConv({ eventShape }),
  QuadCoupling: (eventShape) => new QuadCoupling({ eventShape, conditioner: network }),
};

for (const [title, layer] of Object.entries(LAYERS)) {
  test.serial(`training steps are planned, and follow the eager ones: ${title}`, async (t) => {
    // Not declared to be a mean over rows, the objective is trained eagerly.
    const eager = await train(layer, (...call) => negativeLogLikelihood(...call));
    const planned = await train(layer, negativeLogLikelihood);
    t.is(planned.losses.length, STEPS);
    planned.losses.forEach((loss, i) => t.true(Math.abs(loss - eager.losses[i]) < 1e-4 * Math.abs(loss), `step ${i}`));
    t.true(eager.kernels > 100, `${eager.kernels} kernels`);
    t.true(planned.kernels <= 4, `${planned.kernels} kernels`);
  });
}

const STEPS = 12;

/** Trains a flow of two levels with such a layer: all losses, and the kernels of TF.js that run between the last two steps. */
async function train(
  layer: (eventShape: Shape) => Bijector,
  objective: Objective,
): Promise<{ losses: number[]; kernels: number }> {
  const level = (Pooling: typeof Squeeze | typeof HaarSqueeze) => (eventShape: Shape) => {
    const squeeze = new Pooling({ eventShape });
    return new Chain({ bijectors: [layer(squeeze.eventShapeIn), squeeze] });
  };
  const levels = [level(Squeeze), level(HaarSqueeze)];
  using flow = new Flow({
    base: Normal.standard([16]),
    bijector: new MultiScale({ eventShape: [4, 4, 1], levels, prior: network }),
  });
  const images = new RandomStream('images').normal(16 * 256);
  const losses: number[] = [];
  const engine = tf.engine();
  const { runKernel } = Object.getPrototypeOf(engine) as typeof engine;
  let [count, kernels] = [0, 0];
  const onStep = ({ step, loss }: { step: number; loss: number }) => {
    losses.push(loss);
    [count, kernels] = [0, count];
    if (step === STEPS - 2) {
      engine.runKernel = ((...call: Parameters<typeof runKernel>) => (
        count++,
        runKernel.apply(engine, call)
      )) as typeof runKernel;
    }
  };
  const options = { steps: STEPS, batchSize: 32, seed: 'order', objective, callbacks: { onStep } };
  await fit(flow, images, options).finally(() => delete (engine as Partial<typeof engine>).runKernel);
  return { losses, kernels };
}
