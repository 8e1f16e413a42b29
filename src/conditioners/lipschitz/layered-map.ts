import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LipschitzActivation } from './lipschitz-activation.js';
import type { Linearisation, LipschitzMap } from './lipschitz-network.js';

/** An affine layer with a normalised kernel `A`. */
export interface AffineLayer {
  /** `A x + b`. */
  apply(x: Tensor): Tensor;
  /** `A t`, for any number of rows. */
  push(tangents: Tensor): Tensor;
  /** What stands for `Aᵀ`. */
  readonly transposed: Tensor;
  /** `Aᵀ w`, for any number of rows. */
  pull(cotangents: Tensor, transposed: Tensor): Tensor;
}

/** Affine layers with an activation after all but the last. */
export class LayeredMap implements LipschitzMap {
  readonly #layers: readonly AffineLayer[];
  readonly #activations: readonly LipschitzActivation[];

  constructor(layers: readonly AffineLayer[], activations: readonly LipschitzActivation[]) {
    this.#layers = layers;
    this.#activations = activations;
  }

  value(x: Tensor): Tensor {
    return this.#layers.reduce((h, layer, l) => layer.apply(l === 0 ? h : this.#activations[l - 1].value(h)), x);
  }

  at(x: Tensor): Linearisation {
    const layers = this.#layers;
    const own = layers.map(({ transposed }) => transposed);
    const slopes: Tensor[] = [];
    let value = layers[0].apply(x);
    this.#activations.forEach((activation, l) => {
      const [h, slope] = activation.valueAndSlope(value);
      slopes.push(slope);
      value = layers[l + 1].apply(h);
    });
    return {
      value,
      push: (tangents) =>
        tf.tidy(() => layers.reduce((t, layer, l) => pushRows(layer, l === 0 ? t : along(t, slopes[l - 1])), tangents)),
      pull: (cotangents, kept) =>
        tf.tidy(() => {
          const [transposed, steepness] = kept ? [kept.slice(0, layers.length), kept.slice(layers.length)] : [own, slopes];
          return layers.reduceRight(
            (w, layer, l) => layer.pull(l < steepness.length ? tf.mul(w, steepness[l]) : w, transposed[l]),
            cotangents,
          );
        }),
      kept: [...own, ...slopes],
    };
  }
}

/** All directions, `[rows, K, ...]`, with one slope a row. */
function along(tangents: Tensor, slope: Tensor): Tensor {
  return tf.mul(tangents, tf.expandDims(slope, 1));
}

function pushRows(layer: AffineLayer, tangents: Tensor): Tensor {
  const [rows, count, ...event] = tangents.shape;
  const pushed = layer.push(tf.reshape(tangents, [rows * count, ...event]));
  return tf.reshape(pushed, [rows, count, ...pushed.shape.slice(1)]);
}
