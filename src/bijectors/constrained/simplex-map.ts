import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../../conditioners/check.js';
import { clamp } from '../../kernels/clamp/op.js';
import { withoutGradient } from '../../kernels/stop-gradient/op.js';
import type { Config } from '../../module.js';
import type { Interval, ValueAndLogDet } from '../bijector.js';
import { ConstrainedMap, type Fault } from './constrained-map.js';

/** Options of the maps onto a simplex. */
export interface SimplexOptions {
  /** Numbers of one event, at least 2: positive, with a sum of 1. */
  readonly parts: number;
}

/** How far a sum may be from 1, a hundred times what rounding does to some hundred parts. */
const SUM_TOLERANCE = 1e-4;
/** In place of a part of zero: the least normal float32. */
const LEAST_PART = 2 ** -126;

/**
 * A map from `parts - 1` real numbers onto the simplex: `parts` positive numbers with a sum of 1. Log-determinants, and so
 * densities, are with respect to all parts but the last, as those of Dirichlet distributions are written: the uniform density on
 * the simplex is `(parts - 1)!`.
 *
 * Parts of zero are taken as the least float32, which keeps `inverse` finite. Away from the plane of sum 1 the log-determinant is
 * `-Infinity`, where `inverse` does not throw.
 */
export abstract class SimplexMap extends ConstrainedMap {
  /** Numbers that sum to one. */
  readonly parts: number;
  override readonly domainOut: Interval = [0, 1];
  protected override readonly constraint = 'rows of numbers of at least 0 that sum to 1';
  protected override readonly remedy = 'Divide each row by its sum.';

  /** @throws FlowConfigError for fewer than two parts. */
  constructor(where: string, { parts }: SimplexOptions) {
    checkInteger(`${where}.parts`, parts, 2);
    super(parts - 1, [parts]);
    this.parts = parts;
  }

  /** `log y`, `[batch, parts]`, and the log-determinant at free coordinates `[batch, parts - 1]`. */
  protected abstract logParts(x: Tensor): ValueAndLogDet;

  /** Free coordinates of positive parts, which need not sum to 1 exactly. */
  protected abstract coordinates(y: Tensor): Tensor;

  protected override mapForward(x: Tensor): ValueAndLogDet {
    const [logs, logDet] = this.logParts(x);
    return [tf.exp(logs), logDet];
  }

  protected override pull(y: Tensor): ValueAndLogDet {
    const x = this.coordinates(clamp(y, LEAST_PART, 2));
    return [x, tf.sub(this.#penalty(y), this.logParts(x)[1])];
  }

  protected override faultOf(y: Tensor): Fault | null {
    const values = y.dataSync();
    const rows = Array.from({ length: y.shape[0] }, (_, i) => values.subarray(i * this.parts, (i + 1) * this.parts));
    const faults = rows.map((row) => faultIn(row));
    const bad = faults.flatMap((fault, i) => (fault === null ? [] : [i]));
    return bad.length === 0 ? null : { got: faults[bad[0]]!, rows: bad };
  }

  override getConfig(): Config {
    return { parts: this.parts };
  }

  /** `-Infinity` off the simplex, else 0. */
  #penalty(y: Tensor): Tensor {
    return withoutGradient([y], (at) => {
      const off = tf.greater(tf.abs(tf.sub(tf.sum(at, 1), 1)), SUM_TOLERANCE);
      const outside = tf.logicalOr(off, tf.less(tf.min(at, 1), 0));
      return tf.where(outside, tf.fill(outside.shape, -Infinity), tf.zeros(outside.shape));
    });
  }
}

/** What keeps a row from being a point of the simplex, in words; null for nothing. */
function faultIn(row: Iterable<number>): string | null {
  let sum = 0;
  for (const value of row) {
    if (!(value >= 0)) return `a part of ${value}`;
    sum += value;
  }
  return Math.abs(sum - 1) <= SUM_TOLERANCE ? null : `a sum of ${Number(sum.toPrecision(6))}`;
}
