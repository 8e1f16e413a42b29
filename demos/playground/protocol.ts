import type { FlowId, SizeId } from './catalogue/flows.js';
import type { EnergyId, ToyId } from './catalogue/targets.js';

/** Engines that a browser can have. */
export type Backend = 'webgpu' | 'webgl' | 'wasm' | 'cpu';

/** The part of the plane that is shown. */
export interface Bounds {
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
}

/** What a flow learns. */
export type TargetSpec =
  | { readonly kind: 'toy'; readonly id: ToyId }
  | { readonly kind: 'energy'; readonly id: EnergyId }
  /** Rows x, y, x, y, ... */
  | { readonly kind: 'table'; readonly title: string; readonly rows: Float32Array }
  /** Non-negative weights of square cells, row by row from the top. */
  | { readonly kind: 'picture'; readonly title: string; readonly size: number; readonly weights: Float32Array };

/** Files of a saved model, as the library writes them. */
export interface ModelFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What to train. */
export interface RunSettings {
  readonly target: TargetSpec;
  readonly flow: FlowId;
  readonly size: SizeId;
  readonly seed: string;
  /** Steps after which training pauses by itself. */
  readonly steps: number;
  /** Weights to start from, in place of fresh ones. */
  readonly files?: readonly ModelFile[];
  readonly paused?: boolean;
}

/** From the page to the worker. Those with an `id` are answered. */
export type Command =
  | { readonly type: 'open'; readonly backend: Backend | null }
  | { readonly type: 'run'; readonly run: number; readonly settings: RunSettings }
  | { readonly type: 'play' }
  | { readonly type: 'pause' }
  | { readonly type: 'step' }
  /** Stages that are left out of what is drawn. */
  | { readonly type: 'switch'; readonly off: readonly number[] }
  | { readonly type: 'inspect'; readonly id: number; readonly point: readonly [number, number] }
  | { readonly type: 'sample'; readonly id: number; readonly count: number }
  | { readonly type: 'save'; readonly id: number }
  /** For tests of the recovery. */
  | { readonly type: 'lose-context' }
  | { readonly type: 'spoil-weights' };

/** What a click on a point finds out. */
export interface PointReport {
  /** From base to data, x and y of each stage's input, and at the end the point itself. */
  readonly path: Float32Array;
  /** `log |det|` of each stage, from base to data. */
  readonly logDets: Float32Array;
  readonly baseLogProb: number;
  readonly logProb: number;
}

/** What a run is about, once it has started. */
export interface Started {
  readonly run: number;
  readonly parameters: number;
  /** Names of the stages, from base to data. */
  readonly stages: readonly string[];
  readonly bounds: Bounds;
  /** Draws of the target that are not trained on, x, y, ...; those that can be had. */
  readonly data: Float32Array;
  /** Smallest held-out loss there can be, in nats: the entropy of the target; null where it is not known. */
  readonly best: number | null;
  /** The target's own `log p` on the grid of frames; null where it is not known. */
  readonly truth: Float32Array | null;
}

/** Numbers of one step that is reported. */
export interface Metrics {
  readonly step: number;
  readonly loss: number;
  readonly gradientNorm: number;
  readonly stepsPerSecond: number;
  /** Mean `-log p` of the held-out rows, in nats; null when it was not computed with this frame. */
  readonly heldOut: number | null;
  /** Effective sample size as a fraction, for energies. */
  readonly ess: number | null;
}

/** Cells along one side of the grid of densities. */
export const GRID = 96;
/** Points along one side of the lattice that shows the map. */
export const LATTICE = 29;
/** The lattice spans so many units of the base to both sides. */
export const LATTICE_REACH = 3;
/** Particles that travel from base to data. */
export const PARTICLES = 500;

/** The way from base to data: positions before and after each stage. */
export interface Journey {
  /** `[stages + 1][PARTICLES][2]` */
  readonly particles: Float32Array;
  /** `[stages + 1][LATTICE * LATTICE][2]` */
  readonly lattice: Float32Array;
  /** `log |det|` gathered so far, `[stages + 1][LATTICE * LATTICE]` */
  readonly logDets: Float32Array;
}

/** One look at the flow. */
export interface Frame {
  readonly run: number;
  readonly metrics: Metrics;
  /** Draws, x, y, ... of the same base points in every frame. */
  readonly samples: Float32Array;
  /** Importance weights of the draws, with a mean of one; for energies. */
  readonly weights: Float32Array | null;
  /** `log p` at the centres of cells, `[GRID][GRID]`, rows from the bottom. */
  readonly density: Float32Array;
  /** Where the held-out rows lie in the base. */
  readonly latent: Float32Array;
  /** Not in every frame, for its cost. */
  readonly journey: Journey | null;
}

/** What went wrong, for the page to tell and to mend. */
export interface Problem {
  readonly kind: 'numerics' | 'context' | 'start' | 'other';
  readonly message: string;
}

/** From the worker to the page. */
export type Report =
  | { readonly type: 'opened'; readonly backend: Backend; readonly reason: string; readonly previews: Record<string, Float32Array> } // prettier-ignore
  | { readonly type: 'started'; readonly started: Started }
  | { readonly type: 'frame'; readonly frame: Frame }
  | { readonly type: 'ended'; readonly run: number; readonly step: number }
  /** The weights now and then, to go on from after an accident. */
  | { readonly type: 'snapshot'; readonly run: number; readonly step: number; readonly files: readonly ModelFile[] }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'refusal'; readonly id: number; readonly message: string }
  | { readonly type: 'problem'; readonly run: number; readonly problem: Problem };

/** Answers by the command they belong to. */
export interface Answers {
  inspect: PointReport;
  sample: Float32Array;
  save: readonly ModelFile[];
}
