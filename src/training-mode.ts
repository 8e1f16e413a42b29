import type { RandomStream } from './random.js';

let active: RandomStream | null = null;

/**
 * Runs `body` in training mode: layers that behave differently while training (dropout) draw from `stream`.
 * Outside of it every module is deterministic, so `logProb` and `sample` always evaluate.
 */
export function inTrainingMode<T>(stream: RandomStream, body: () => T): T {
  const before = active;
  active = stream;
  try {
    return body();
  } finally {
    active = before;
  }
}

/** The stream of the training step in progress, or null when evaluating. */
export function trainingStream(): RandomStream | null {
  return active;
}
