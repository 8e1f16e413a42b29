import type { Tensor } from '@tensorflow/tfjs-core';
import type { Energy, FitOptions, Flow } from 'tfjs-flows';
import type { Chart } from './page.js';
import type { WeightedDraws } from './weigh.js';

/** A stretch of training; a target may have several, one after the other. */
export interface Stage {
  /** What the table calls it. */
  readonly name: string;
  /** Options of `fit`, the objective among them. */
  readonly options: FitOptions;
  /** Whether it trains on the draws of {@link BoltzmannTarget.data}; otherwise on the energy alone. */
  readonly onData?: boolean;
}

/** A quantity whose distribution the results page shows: one number a draw, or several. */
export interface Observable {
  readonly title: string;
  readonly range: readonly [number, number];
  /** Its values for one draw. */
  readonly of: (x: Float32Array) => readonly number[];
}

/** Draws by other means, which those of a flow are compared with. */
export interface Reference {
  readonly title: string;
  /** They belong to the caller. */
  readonly draws: (quick: boolean) => Promise<Tensor>;
}

/** A trained flow, and what {@link BoltzmannTarget.study} finds out with it. */
export interface Trained {
  readonly flow: Flow;
  readonly draws: WeightedDraws;
  /** Positions of the {@link Reference}, where there is one. */
  readonly reference: Float32Array | null;
  readonly quick: boolean;
}

/** What only one target is asked. */
export interface Study {
  /** For the document of figures. */
  readonly figures: Readonly<Record<string, unknown>>;
  /** The same as lines for people. */
  readonly shown: Readonly<Record<string, string>>;
  readonly charts: readonly Chart[];
}

/** A density `exp(-u) / Z`, and how a flow is trained on it. */
export interface BoltzmannTarget {
  readonly name: string;
  /** How it is trained, in a word or two. */
  readonly title: string;
  /** What draws are weighted for. */
  readonly energy: Energy;
  /** A fresh flow. */
  readonly build: (quick: boolean) => Flow;
  /** @param quick a first look, within seconds */
  readonly stages: (quick: boolean) => readonly Stage[];
  /** Draws to train on, `[rows, ...event]`; they belong to the caller. */
  readonly data?: (quick: boolean) => Promise<Tensor>;
  /** Independent draws of the target to test on, where there is a way; they belong to the caller. */
  readonly exact?: (n: number) => Tensor;
  /** Draws to compare with, where there are no independent ones. */
  readonly reference?: Reference;
  /** Draws that are weighed at most, where each takes long. */
  readonly mostDraws?: (quick: boolean) => number;
  /** Draws with weights, where they are not those of the flow's own density. */
  readonly weigh?: (flow: Flow, draws: number, quick: boolean) => Promise<WeightedDraws>;
  /** `log Z`, where it is known. */
  readonly logPartition: number | null;
  /** A free energy found elsewhere, in kT. */
  readonly published?: { readonly value: number; readonly standardError: number };
  readonly observables: readonly Observable[];
  /** The plane that a target in two dimensions is drawn in: ends of both axes. */
  readonly plane?: readonly [[number, number], [number, number]];
  readonly study?: (trained: Trained) => Promise<Study>;
}
