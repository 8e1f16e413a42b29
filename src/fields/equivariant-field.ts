import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { ActivationName } from '../conditioners/activation.js';
import { checkActivation, checkInteger } from '../conditioners/check.js';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import { RandomStream, type Seed } from '../random.js';
import type { Shape } from '../shapes.js';
import { EquivariantLayer } from './equivariant-layer.js';
import { checkInitialOutput, type InitialOutput } from './network-options.js';
import { repeatRows } from './rows.js';
import { VectorField } from './vector-field.js';

/** Options of {@link EquivariantField}. */
export interface EquivariantFieldOptions {
  /** Number of points in one cloud. */
  readonly points: number;
  /** Coordinates of one point. Default: 3. */
  readonly spatialDims?: number;
  /** The kind of each point, `points` whole numbers from 0; points of one kind are exchangeable. Default: all alike. */
  readonly types?: readonly number[] | null;
  /** Features of one point, and entries of one message. Default: 32. */
  readonly hidden?: number;
  /** Number of layers. Default: 3. */
  readonly layers?: number;
  /** Default: `silu`. It should be smooth, as in {@link MLPField}. */
  readonly activation?: ActivationName;
  /** `zero`: layers start by moving no point, and a flow along the field as the identity. Default: `random`. */
  readonly initialOutput?: InitialOutput;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/** The weights that move points start small, as in the reference. */
const INITIAL_RANGE = 0.1;

/**
 * A field on clouds of points from an E(n)-equivariant graph network (Satorras et al., "E(n) equivariant normalizing flows",
 * 2021): how far some equivariant layers move the points, minus the mean over the cloud.
 *
 * It turns and is mirrored with the cloud, does not see where the cloud is, goes with the order of points of a kind, and
 * keeps their mean. Flows along it therefore belong on clouds of mean zero.
 */
export class EquivariantField extends VectorField {
  static override readonly className: string = 'EquivariantField';
  static override readonly samples: readonly (() => VectorField)[] = [
    () => new EquivariantField({ points: 2, spatialDims: 2, hidden: 5, layers: 2 }),
    () => new EquivariantField({ points: 3, spatialDims: 1, hidden: 4, layers: 2, types: [0, 1, 0], activation: 'tanh', initialOutput: 'zero' }), // prettier-ignore
  ];

  override readonly eventShape: Shape;
  /** Features of each kind, `[kinds, hidden]`. */
  readonly #embedding: Variable;
  /** `[points, kinds]`, one-hot; null when all points are alike. */
  readonly #kinds: Tensor | null;
  readonly #layers: readonly EquivariantLayer[];
  readonly #config: Config;

  /** @throws FlowConfigError for a size, activation, types or initial output that make no network. */
  constructor(options: EquivariantFieldOptions) {
    super();
    const { points, spatialDims = 3, types = null, hidden = 32, layers = 3, activation = 'silu' } = options;
    const { initialOutput = 'random', seed = 0 } = options;
    checkInteger('EquivariantField.points', points, 2);
    checkInteger('EquivariantField.spatialDims', spatialDims);
    checkInteger('EquivariantField.hidden', hidden);
    checkInteger('EquivariantField.layers', layers);
    checkTypes(types, points);
    checkActivation('EquivariantField.activation', activation);
    checkInitialOutput('EquivariantField.initialOutput', initialOutput);

    const stream = RandomStream.from(seed);
    const kinds = types ? Math.max(...types) + 1 : 1;
    const embedding = stream.split('embedding').uniform(kinds * hidden, -1, 1);
    this.eventShape = [points, spatialDims];
    this.#embedding = this.weight('embedding', [kinds, hidden], embedding);
    this.#kinds = types && this.constant('kinds', oneHot(types, kinds));
    this.#layers = Array.from({ length: layers }, (_, i) =>
      this.child(
        `layer${i}`,
        new EquivariantLayer({
          points,
          width: hidden,
          activation,
          updatesFeatures: i + 1 < layers,
          outputRange: initialOutput === 'zero' ? 0 : INITIAL_RANGE / Math.sqrt(hidden),
          seed: stream.split(`layer${i}`),
        }),
      ),
    );
    this.#config = { points, spatialDims, types, hidden, layers, activation, initialOutput, seed: stream.key };
  }

  protected override velocity(t: Tensor, z: Tensor): Tensor {
    let [x, h]: [Tensor, Tensor] = [z, this.#features()];
    for (const layer of this.#layers) [x, h] = layer.apply(x, h, t);
    const moved = tf.sub(x, z);
    return tf.sub(moved, tf.mean(moved, 1, true));
  }

  override getConfig(): Config {
    return this.#config;
  }

  /** Features to start with, `[1, points, hidden]`. */
  #features(): Tensor {
    const [points] = this.eventShape;
    const rows = this.#kinds ? tf.matMul(this.#kinds, this.#embedding) : repeatRows(this.#embedding, points);
    return tf.reshape(rows, [1, points, -1]);
  }
}

/** `[points, kinds]`. */
function oneHot(types: readonly number[], kinds: number): Tensor {
  return tf.tensor2d(types.flatMap((type) => Array.from({ length: kinds }, (_, kind) => Number(kind === type))), [types.length, kinds]); // prettier-ignore
}

function checkTypes(types: readonly number[] | null, points: number): void {
  if (types === null) return;
  const fits =
    Array.isArray(types) && types.length === points && types.every((type) => Number.isInteger(type) && type >= 0);
  if (!fits) {
    throw new FlowConfigError('EquivariantField.types', {
      expected: `${points} whole numbers from 0, one a point, or null`,
      got: JSON.stringify(types),
    });
  }
}
