import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { checkInteger } from '../../conditioners/check.js';
import type { Conditioner } from '../../conditioners/conditioner.js';
import { assignParameters, type Config } from '../../module.js';
import type { Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';
import { sizedConditioner, type ConditionerOrBuilder } from '../conditioner-request.js';

/** Options of the maps of which the parameters may depend on a context. */
export interface AmortizedOptions {
  /** Number of coordinates of one event. */
  readonly dims: number;
  /**
   * Emits all parameters from the context, row by row, as the encoder of a variational autoencoder does: a network without
   * inputs, or a function that builds it. Default: none, one set of trained parameters for all rows.
   */
  readonly conditioner?: ConditionerOrBuilder | null;
}

/**
 * A map of vectors whose parameters are either trained or emitted by a conditioner from the context. A subclass writes
 * both directions on `[batch, dims]` for raw parameters of `[1, count]` or `[batch, count]`.
 */
export abstract class Amortized extends Bijector {
  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly contextShape: Shape | null;
  /** Number of coordinates of one event. */
  readonly dims: number;
  readonly #conditioner: Conditioner | null;
  readonly #parameters: Variable | null;

  /**
   * @param start raw parameters of the untrained map
   * @throws FlowConfigError for `dims` that is no positive integer, or a conditioner of other sizes.
   */
  constructor({ dims, conditioner = null }: AmortizedOptions, start: (dims: number) => number[]) {
    super();
    checkInteger(`${this.className}.dims`, dims);
    this.dims = dims;
    this.eventShapeIn = [dims];
    this.eventShapeOut = [dims];
    const initialOutput = start(dims);
    const request = { inputs: 0, outputs: initialOutput.length, initialOutput };
    const network = conditioner && sizedConditioner(this.className, request, conditioner, 'MLP');
    this.#conditioner = network && this.child('conditioner', network);
    this.contextShape = network?.contextShape ?? null;
    this.#parameters = network ? null : this.weight('parameters', [initialOutput.length], initialOutput);
  }

  /** Base → data, with raw parameters of one row, or of as many as `x`. */
  protected abstract push(x: Tensor, raw: Tensor): ValueAndLogDet;

  /** Data → base. */
  protected abstract pull(y: Tensor, raw: Tensor): ValueAndLogDet;

  protected override mapForward(x: Tensor, context: Tensor | null): ValueAndLogDet {
    return this.push(x, this.#raw(x, context));
  }

  protected override mapInverse(y: Tensor, context: Tensor | null): ValueAndLogDet {
    return this.pull(y, this.#raw(y, context));
  }

  /** Raw parameters in place of those at the start. */
  protected setParameters(values: readonly number[]): void {
    const entry = { shape: [values.length], values: Float32Array.from(values) };
    assignParameters(this, new Map([['parameters', entry]]), `${this.className}.of`);
  }

  /** The options that this class looks after. */
  override getConfig(): Config {
    return { dims: this.dims, conditioner: this.#conditioner };
  }

  #raw(x: Tensor, context: Tensor | null): Tensor {
    return this.#conditioner
      ? this.#conditioner.apply(tf.zeros([x.shape[0], 0]), context)
      : tf.expandDims(this.#parameters!, 0);
  }
}
