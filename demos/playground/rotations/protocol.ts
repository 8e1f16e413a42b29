import type { Backend, Metrics } from '../protocol.js';

/** Draws in a frame. */
export const DRAWS = 1200;

/** Strengths of the field that are offered. */
export const STRENGTHS = [1, 2, 4, 8] as const;

/** What to train. */
export interface RotationSettings {
  /** `κ`, strength of the field. */
  readonly strength: number;
  readonly seed: string;
  readonly steps: number;
}

/** From the page to the worker. */
export type RotationCommand =
  | { readonly type: 'open'; readonly backend: Backend | null }
  | { readonly type: 'run'; readonly run: number; readonly settings: RotationSettings }
  | { readonly type: 'play' }
  | { readonly type: 'pause' };

/** One look at the flow. */
export interface RotationFrame {
  readonly metrics: Metrics;
  /** Unit quaternions `(w, x, y, z)`, draws of the same base points in every frame. */
  readonly rotations: Float32Array;
  /** `log ∫ exp(-u)` over unit quaternions, by the weights of the draws. */
  readonly logZ: number;
}

/** From the worker to the page. */
export type RotationReport =
  | { readonly type: 'opened'; readonly backend: Backend }
  /** Where an exact sampler sees the field from the body, x, y, z, ...; the exact `log Z`. */
  | { readonly type: 'started'; readonly run: number; readonly exact: Float32Array; readonly logZ: number; readonly parameters: number } // prettier-ignore
  | { readonly type: 'frame'; readonly run: number; readonly frame: RotationFrame }
  | { readonly type: 'ended'; readonly run: number }
  | { readonly type: 'problem'; readonly run: number; readonly message: string };
