import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Chain, ContinuousBijector, type Bijector, type Flow } from 'tfjs-flows';
import { rungeKutta } from './runge-kutta.js';

/** One part of the way from base to data. */
export interface Stage {
  readonly title: string;
  /** Base → data: the image and `log |det|`. */
  readonly forward: (x: Tensor) => [Tensor, Tensor];
  /** Data → base: the preimage and its `log |det|`. */
  readonly inverse: (y: Tensor) => [Tensor, Tensor];
}

/** A continuous bijector is shown at so many times. */
const TIMES = 12;

/**
 * Cuts a flow into stages, from base to data: one a layer, with what only permutes counted to the layer after it, and
 * pieces of equal time where it is continuous.
 */
export function stagesOf(flow: Flow): Stage[] {
  const parts = flow.bijector instanceof Chain ? flow.bijector.bijectors : [flow.bijector];
  const stages: Stage[] = [];
  let waiting: Bijector[] = [];
  let layers = 0;
  for (const part of parts) {
    if (part instanceof ContinuousBijector) {
      stages.push(...pieces(part));
      continue;
    }
    waiting.push(part);
    if (part.parameterCount === 0 && part.className !== 'Standardize') continue;
    stages.push(composed(part.className === 'Standardize' ? 'units' : `${++layers}`, waiting));
    waiting = [];
  }
  if (waiting.length > 0) stages.push(composed('rest', waiting));
  return stages;
}

function composed(title: string, bijectors: readonly Bijector[]): Stage {
  const run = (x: Tensor, list: readonly Bijector[], method: 'forwardAndLogDet' | 'inverseAndLogDet') => {
    let logDet: Tensor | null = null;
    for (const bijector of list) {
      const [next, own] = bijector[method](x);
      x = next;
      logDet = logDet ? tf.add(logDet, own) : own;
    }
    return [x, logDet!] as [Tensor, Tensor];
  };
  return {
    title,
    forward: (x) => run(x, bijectors, 'forwardAndLogDet'),
    inverse: (y) => run(y, bijectors.toReversed(), 'inverseAndLogDet'),
  };
}

/** One step of a Runge-Kutta method each: what is looked at is as exact as the eye. */
function pieces(bijector: ContinuousBijector): Stage[] {
  const [base, data] = bijector.times();
  const at = (i: number) => base + (i / TIMES) * (data - base);
  return Array.from({ length: TIMES }, (_, i) => ({
    title: at(i + 1).toFixed(2),
    forward: (x: Tensor) => rungeKutta(bijector.field, x, at(i), at(i + 1)),
    inverse: (y: Tensor) => rungeKutta(bijector.field, y, at(i + 1), at(i)),
  }));
}
