import type { Tensor } from '@tensorflow/tfjs-core';
import type { Interval } from '../interval.js';
import type { Config, Configurable } from '../module.js';

/** Values and log-derivatives of a scalar map, one of each per element. */
export interface ElementwiseResult {
  /** `[n]` */
  readonly value: Tensor;
  /** `log |dy/dx|` of the direction just run, `[n]`. */
  readonly logDet: Tensor;
}

/**
 * A monotone scalar map whose raw parameters a conditioner emits: what coupling and autoregressive layers apply to each
 * coordinate. Stateless; `forward` runs base → data and `inverse` data → base.
 */
export abstract class ElementwiseTransform implements Configurable {
  /** Name under which the class is saved. */
  static readonly className: string = '';
  /** Instances on which the contract suite tests the class. */
  static readonly samples: readonly (() => ElementwiseTransform)[] = [];

  /** Raw parameters per scalar. */
  abstract readonly parameterCount: number;
  /** Where the base side may lie. */
  readonly domainIn: Interval = [-Infinity, Infinity];
  /** Where the data side lies. */
  readonly domainOut: Interval = [-Infinity, Infinity];
  /**
   * Whether it maps the circle onto itself: angles in radians, read modulo 2π and given in [-π, π]. Its graph then has
   * one step of 2π, where values wrap around.
   */
  readonly circular: boolean = false;

  get className(): string {
    return (this.constructor as typeof ElementwiseTransform).className;
  }

  /**
   * Raw parameters with which the map is the identity (or as near to it as the family has), to start training from;
   * `parameterCount` numbers.
   */
  abstract identityParameters(): number[];

  /** Base → data. `x`: `[n]`; `raw`: `[n, parameterCount]`. */
  abstract forward(x: Tensor, raw: Tensor): ElementwiseResult;

  /** Data → base. `y`: `[n]`; `raw`: `[n, parameterCount]`. */
  abstract inverse(y: Tensor, raw: Tensor): ElementwiseResult;

  abstract getConfig(): Config;
}
