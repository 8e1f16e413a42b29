import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { System } from './system.js';

/** The parts of a solution, or of its slope, at one time; null for what a system does not have. */
export interface State {
  /** `[rows, width]` */
  readonly y: Tensor;
  /** `[rows, quadratures]` */
  readonly q: Tensor | null;
  /** `[totals]` */
  readonly total: Tensor | null;
}

export function mapState(f: (...parts: Tensor[]) => Tensor, ...states: readonly State[]): State {
  const part = (of: (state: State) => Tensor | null) => {
    const parts = states.map(of);
    return parts.includes(null) ? null : f(...(parts as Tensor[]));
  };
  return { y: f(...states.map(({ y }) => y)), q: part(({ q }) => q), total: part(({ total }) => total) };
}

export function copyState(state: State): State {
  return mapState((part) => tf.clone(part), state);
}

export function disposeStates(states: readonly State[]): void {
  for (const { y, q, total } of states) {
    y.dispose();
    q?.dispose();
    total?.dispose();
  }
}

/** The state to start from: `y`, and nothing integrated yet. */
export function startState({ quadratures, totals }: System, y: Tensor): State {
  return {
    y: tf.clone(y),
    q: quadratures > 0 ? tf.zeros([y.shape[0], quadratures]) : null,
    total: totals > 0 ? tf.zeros([totals]) : null,
  };
}

/** A state with the rows of one where the mask, `[rows, 1]`, holds, and those of the other, or zeros, elsewhere. */
export function pickRows(mask: Tensor, yes: State, no: State | null): State {
  return tidyState(() =>
    no ? mapState((a, b) => tf.where(mask, a, b), yes, no) : mapState((a) => tf.where(mask, a, tf.zerosLike(a)), yes),
  );
}

/** As `tf.tidy`, for a state. */
export function tidyState(compute: () => State): State {
  return tf.tidy(compute as unknown as () => tf.TensorContainer) as unknown as State;
}
