import { fit, splineCouplingFlow, twoMoons } from '../../src/index.js';
import { GpuCounter, type GpuCounts } from './gpu-counter.js';

/** One training step. */
export interface MoonsStep extends GpuCounts {
  readonly loss: number;
  /** From the end of the step before. */
  readonly ms: number;
}

/**
 * Trains a spline coupling flow on two moons by `fit` with its defaults: 2 coordinates, 3 layers, 8 bins, conditioners
 * 1-32-32-23 with tanh, batches of 256.
 */
export async function trainMoons(steps: number): Promise<MoonsStep[]> {
  const flow = splineCouplingFlow({ dims: 2, layers: 3, hidden: [32, 32], bins: 8, activation: 'tanh', seed: 1 });
  const data = twoMoons(256 * 8, { seed: 0 });
  const counter = new GpuCounter();
  const taken: MoonsStep[] = [];
  let last = performance.now();
  const onStep = ({ loss }: { loss: number }) => {
    const now = performance.now();
    taken.push({ loss, ms: now - last, ...counter.take() });
    last = now;
  };
  const onStart = () => {
    counter.take();
    last = performance.now();
  };
  await fit(flow, data, { steps, batchSize: 256, seed: 0, callbacks: { onStart, onStep } });
  flow.dispose();
  return taken;
}
