import {
  fit,
  negativeLogLikelihood,
  ready,
  splineCouplingFlow,
  twoMoons,
  type Objective,
  type ReadyOptions,
} from '../../../src/index.js';
import { openWorkshop } from '../../../src/replay/workshop.js';
import { countKernels } from '../../support/count-kernels.js';

/** The same, but not declared to be a mean over rows: trained eagerly. */
const eagerly: Objective = (model, batch, stream) => negativeLogLikelihood(model, batch, stream);

/** How many threads programs have, and whether they have all started within some time. */
export async function threads(options: ReadyOptions): Promise<{ count: number; ready: boolean }> {
  await ready(options);
  const crew = openWorkshop()!.threads;
  for (let i = 0; i < 200 && !crew.ready; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  return { count: crew.count, ready: crew.ready };
}

/** Losses of a short training, and the kernels of TF.js that a density takes once it is a program. */
export async function train(steps: number, planned: boolean): Promise<{ losses: number[]; kernels: number }> {
  const flow = splineCouplingFlow({ dims: 2, layers: 2, hidden: [16] });
  const losses: number[] = [];
  await fit(flow, twoMoons(1024, { seed: 'moons' }), {
    steps,
    batchSize: 512,
    objective: planned ? negativeLogLikelihood : eagerly,
    callbacks: { onStep: ({ loss }) => void losses.push(loss) },
  });
  const draw = () => flow.sample(300, { seed: 'draws' }).dispose();
  for (let i = 0; i < 3; i++) draw();
  const kernels = countKernels(draw);
  flow.dispose();
  return { losses, kernels };
}
