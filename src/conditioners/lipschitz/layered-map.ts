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
        tf.tidy(() => {
          const along = (t: Tensor, layer: AffineLayer, l: number) =>
            pushAll(layer, l === 0 ? t : tf.mul(t, tf.expandDims(slopes[l - 1], 0)));
          return repeated(layers.reduce(along, tangents), x.shape[0]);
        }),
      pull: (cotangents, kept) =>
        tf.tidy(() => {
          const [transposed, steepness] = kept
            ? [kept.slice(0, layers.length), kept.slice(layers.length)]
            : [own, slopes];
          return layers.reduceRight(
            (w, layer, l) => layer.pull(l < steepness.length ? tf.mul(w, steepness[l]) : w, transposed[l]),
            cotangents,
          );
        }),
      kept: [...own, ...slopes],
    };
  }
}

/** Directions that are the same for all rows stay so until they meet a slope. */
function pushAll(layer: AffineLayer, tangents: Tensor): Tensor {
  const [count, rows, ...event] = tangents.shape;
  const pushed = layer.push(tf.reshape(tangents, [count * rows, ...event]));
  return tf.reshape(pushed, [count, rows, ...pushed.shape.slice(1)]);
}

function repeated(tangents: Tensor, rows: number): Tensor {
  const [, given, ...event] = tangents.shape;
  return given === rows ? tangents : tf.tile(tangents, [1, rows, ...event.map(() => 1)]);
}
