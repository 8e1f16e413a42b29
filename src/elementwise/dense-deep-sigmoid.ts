import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { logSoftmax, logSumExp } from '../kernels/log-sum-exp/op.js';
import type { Config } from '../module.js';
import type { Curve } from '../numerics/invert-monotone.js';
import { matchingScale, mixtureLogit } from './mixture-logit.js';
import { checkCount, NumericElementwise, type NumericElementwiseOptions } from './numeric-elementwise.js';
import { cut, softplusInverse, spread } from './parameters.js';

/** Options of {@link DenseDeepSigmoid}. */
export interface DenseDeepSigmoidOptions extends NumericElementwiseOptions {
  /** Sigmoids of each layer, and numbers that pass between layers. Default: 8. */
  readonly units?: number;
  /** Number of layers, at least 2: one is {@link DeepSigmoid}. Default: 2. */
  readonly layers?: number;
}

const MIN_RATE = 1e-3;
const SPREAD = 0.5;
/** Logit by which each unit of the start prefers its namesake of the layer before: units must differ to be told apart. */
const PREFERENCE = 1;

/**
 * Dense deep sigmoidal flow, data → base: layers `h′ᵢ = logit(Σⱼ Wᵢⱼ σ(aⱼ Σₖ Uⱼₖ hₖ + bⱼ))` from one number over `units` back
 * to one. Rows of `W` and `U` are softmaxes and `a = softplus(raw) + 1e-3`, so that every layer is increasing in each of
 * its inputs. `forward` is numeric.
 *
 * Raw parameters of a layer with `K` units, `m` inputs and `r` outputs: `U` (`K m`, none for one input), `a` (`K`), `b` (`K`),
 * `W` (`r K`), row by row.
 *
 * Source: Huang, Krueger, Lacoste, Courville, "Neural autoregressive flows", 2018, equation 9.
 *
 * @cost forward: numeric; inverse: formula
 */
export class DenseDeepSigmoid extends NumericElementwise {
  static override readonly className = 'DenseDeepSigmoid';
  static override readonly samples = [
    () => new DenseDeepSigmoid({ units: 3 }),
    () => new DenseDeepSigmoid({ units: 2, layers: 3 }),
  ];

  override readonly parameterCount: number;
  /** How far the start may be from the identity, relative to `1 + |x|`. */
  readonly identityGap = 0.06;
  readonly #units: number;
  readonly #layers: number;

  /** @throws FlowConfigError for sizes that are no integers, or too small. */
  constructor({ units = 8, layers = 2, ...search }: DenseDeepSigmoidOptions = {}) {
    super(search);
    checkCount('DenseDeepSigmoid', 'units', units);
    checkCount('DenseDeepSigmoid', 'layers', layers, 2);
    this.#units = units;
    this.#layers = layers;
    this.parameterCount = this.#widths()
      .flat()
      .reduce((sum, width) => sum + width, 0);
  }

  identityParameters(): number[] {
    const units = this.#units;
    const centres = spread(units, SPREAD);
    const rate = 1 / matchingScale(centres);
    const square = centres.flatMap((_, i) => centres.map((_, j) => (i === j ? PREFERENCE : 0)));
    return Array.from({ length: this.#layers }, (_, layer) => [
      ...(layer === 0 ? [] : square),
      ...centres.map(() => softplusInverse(rate - MIN_RATE)),
      ...centres.map((centre) => -rate * centre),
      ...(layer === this.#layers - 1 ? centres.map(() => 0) : square),
    ]).flat();
  }

  protected override curve(raw: Tensor): Curve {
    const units = this.#units;
    const layers = this.#widths().map((widths, layer, all) => {
      const start = all.slice(0, layer).flat().reduce((sum, width) => sum + width, 0); // prettier-ignore
      const own = tf.slice(raw, [0, start], [-1, widths.reduce((sum, width) => sum + width, 0)]);
      const [u, rawRates, offsets, w] = cut(own, widths);
      const rates = tf.add(tf.softplus(rawRates), MIN_RATE);
      const logWeights = logSoftmax(tf.reshape(w, [-1, widths[3] / units, units]));
      const logMixing = layer === 0 ? null : logSoftmax(tf.reshape(u, [-1, units, units]));
      return { logMixing, rates, logRates: tf.log(rates), offsets, logWeights };
    });
    return (x) => {
      let h = tf.expandDims(x, 1);
      let logSlopes = tf.zerosLike(h);
      for (const { logMixing, rates, logRates, offsets, logWeights } of layers) {
        if (logMixing) {
          // What enters each unit, and the logarithm of its slope: means with the weights of U.
          h = tf.sum(tf.mul(tf.exp(logMixing), tf.expandDims(h, 1)), 2);
          logSlopes = tf.squeeze(logSumExp(tf.add(logMixing, tf.expandDims(logSlopes, 1))), [2]);
        }
        const t = tf.add(tf.mul(rates, h), offsets);
        const { value, logSlope } = mixtureLogit(
          tf.expandDims(t, 1),
          logWeights,
          tf.expandDims(tf.add(logRates, logSlopes), 1),
        );
        h = tf.squeeze(value, [2]);
        logSlopes = tf.squeeze(logSlope, [2]);
      }
      return { value: tf.reshape(h, [-1]), logSlope: tf.reshape(logSlopes, [-1]) };
    };
  }

  override getConfig(): Config {
    return { units: this.#units, layers: this.#layers, ...super.getConfig() };
  }

  /** Raw numbers of each layer: U, a, b, W. */
  #widths(): number[][] {
    const [units, last] = [this.#units, this.#layers - 1];
    return Array.from({ length: this.#layers }, (_, layer) => [
      layer === 0 ? 0 : units * units,
      units,
      units,
      layer === last ? units : units * units,
    ]);
  }
}
