import type { Tensor } from '@tensorflow/tfjs-core';
import type { Energy, FitOptions, Flow } from 'tfjs-flows';

/** A stretch of training; a target may have several, one after the other. */
export interface Stage {
  /** What the table calls it. */
  readonly name: string;
  /** Options of `fit`, the objective among them. */
  readonly options: FitOptions;
  /** Whether it trains on the draws of {@link BoltzmannTarget.data}; otherwise on the energy alone. */
  readonly onData?: boolean;
}

/** A density `exp(-u) / Z`, and how a flow is trained on it. */
export interface BoltzmannTarget {
  readonly name: string;
  readonly title: string;
  /** What draws are weighted for. */
  readonly energy: Energy;
  /** A fresh flow. */
  readonly build: () => Flow;
  /** @param quick a first look, within seconds */
  readonly stages: (quick: boolean) => readonly Stage[];
  /** Draws of the target to train on, `[rows, ...event]`; they belong to the caller. */
  readonly data?: (quick: boolean) => Promise<Tensor>;
  /** Independent draws of the target to test on, where there is a way; they belong to the caller. */
  readonly exact?: (n: number) => Tensor;
  /** `log Z`, where it is known. */
  readonly logPartition: number | null;
}
