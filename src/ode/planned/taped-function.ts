import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { cut } from '../../replay/cut.js';
import type { Mirror } from '../../replay/mirror.js';
import type { Computation } from '../../replay/trace.js';
import { sizeOf } from '../../shapes.js';
import { pullBack } from '../pull-back.js';
import type { System } from '../system.js';
import { LaneFunction, writeDown } from './lane-function.js';
import type { Memory } from './memory.js';

/**
 * A right-hand side, and its vector-Jacobian product without the evaluation that usually comes first: that has been before,
 * and has left a frame behind with all that the product needs of it.
 */
export interface TapedFunction {
  /** `[t, y, ...inputs]` → the slopes, then the pieces of the frame. */
  readonly evaluate: LaneFunction;
  /** The same without the slopes. */
  readonly remember: LaneFunction;
  /** `[t, y, ...inputs, ...cotangents, ...frame]` → gradients of `y`, of the inputs, and of the variables. */
  readonly pullBack: LaneFunction;
  /** Numbers in each piece of the frame. */
  readonly frame: readonly number[];
}

/**
 * Writes a system without totals down by running it once.
 *
 * @param given `[t, y, ...inputs, ...cotangents]` of the shapes that it will get
 * @returns null when it cannot be repeated from its kernels
 */
export function tapedFunction(system: System, given: Tensor[], mirror: Mirror, memory: Memory): TapedFunction | null {
  const { width, quadratures } = system;
  const parts = quadratures > 0 ? 2 : 1;
  const compute = ([t, y, ...rest]: Tensor[]) => {
    const [dy, dq = null] = rest.slice(-parts);
    const pulled = pullBack(system, t, y, rest.slice(0, -parts), { y: dy, q: dq });
    const slopes = dq ? tf.split(pulled.slope, [width, quadratures], 1) : [pulled.slope];
    return [...slopes, pulled.y, ...pulled.inputs, ...pulled.variables];
  };
  const whole = writeDown(compute, given, mirror);
  if (!whole) return null;
  const { first, second, between } = cut(whole.computation, parts);
  const { inputs } = whole;
  const made = (computation: Computation, given: readonly object[]) =>
    LaneFunction.from({ computation, inputs: given }, mirror, memory);
  const evaluate = made(first, inputs);
  const remember = made({ ...first, outputs: between }, inputs);
  const back = made(second, [...inputs, ...between.map(({ data }) => data)]);
  const frame = between.map(({ shape }) => sizeOf(shape));
  return evaluate && remember && back && { evaluate, remember, pullBack: back, frame };
}
