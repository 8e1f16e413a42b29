import * as tf from '@tensorflow/tfjs-core';
import { Chain, ContinuousBijector, type Flow } from 'tfjs-flows';

/** The block of a continuous flow that consists of nothing else, or null for any other flow. */
export function continuousBlock({ bijector }: Flow): ContinuousBijector | null {
  const [block, ...others] = bijector instanceof Chain ? bijector.bijectors : [bijector];
  return block instanceof ContinuousBijector && others.length === 0 ? block : null;
}

/** Evaluations of the field that one map of a batch takes: `inverse` for densities, `forward` for draws. */
export function evaluationsOf(block: ContinuousBijector, direction: 'forward' | 'inverse', x: tf.Tensor): number {
  const { value, logDet, logDetError, evaluations } = block.report(direction, x);
  tf.dispose([value, logDet, logDetError]);
  return evaluations;
}
