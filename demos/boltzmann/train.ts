import { fit, type EpochRecord, type Flow } from 'tfjs-flows';
import type { BoltzmannTarget } from './target.js';

/** What {@link train} tells, and where it writes. */
export interface TrainOptions {
  readonly quick?: boolean;
  /** Folder of checkpoints, such as `file://runs/double-well`; each stage has one of its own. Default: none. */
  readonly checkpoint?: string;
  readonly onEpoch?: (stage: string, epoch: EpochRecord) => void;
}

/** Trains a flow on a target through all its stages; the epochs of each, those before a resume included. */
export async function train(
  flow: Flow,
  target: BoltzmannTarget,
  options: TrainOptions = {},
): Promise<Map<string, readonly EpochRecord[]>> {
  const { quick = false, checkpoint, onEpoch } = options;
  const history = new Map<string, readonly EpochRecord[]>();
  const data = (await target.data?.(quick)) ?? null;
  try {
    for (const [index, { name, options: own, onData }] of target.stages(quick).entries()) {
      const settings = {
        seed: target.name,
        ...own,
        callbacks: { onEpoch: (epoch: EpochRecord) => onEpoch?.(name, epoch) },
        ...(checkpoint && { checkpoint: { url: `${checkpoint}/${index}` } }),
      };
      const objective = own.objective!;
      const { epochs } = onData ? await fit(flow, data!, settings) : await fit(flow, { ...settings, objective });
      history.set(name, epochs);
    }
    return history;
  } finally {
    data?.dispose();
  }
}
