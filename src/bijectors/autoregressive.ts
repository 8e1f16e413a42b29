import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Conditioner } from '../conditioners/conditioner.js';
import { MaskedMLP } from '../conditioners/masked-mlp.js';
import { CircularShift } from '../elementwise/circular-shift.js';
import { ElementwiseAffine } from '../elementwise/elementwise-affine.js';
import { Moebius } from '../elementwise/moebius.js';
import { RationalQuadraticSpline } from '../elementwise/rational-quadratic-spline.js';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import type { Shape } from '../shapes.js';
import { Bijector, type Interval, type ValueAndLogDet } from './bijector.js';
import { checkAngles } from './conditioner-request.js';
import { CoordinateTransforms, type TransformOrList } from './coordinate-transforms.js';

/** A conditioner whose outputs for a coordinate depend on earlier coordinates only, such as {@link MaskedMLP}. */
export interface AutoregressiveConditioner extends Conditioner {
  /** Coordinates that it reads. */
  readonly features: number;
  /** Numbers that it emits for each of them. */
  readonly parametersPerFeature: number;
  /** Coordinates in the order in which they depend on each other: the first depends on none. */
  readonly order: readonly number[];
}

/** What an autoregressive layer asks of its conditioner; spreads into the options of {@link MaskedMLP} and its like. */
export interface AutoregressiveRequest {
  /** Coordinates of an event. */
  readonly features: number;
  /** Parameters of the scalar map of one coordinate. */
  readonly parametersPerFeature: number;
  /** Outputs with which the layer is the identity. */
  readonly initialOutput: number[];
  /** Features that are angles, which the network is to see as cosine and sine; missing where none is. */
  readonly circular?: readonly number[];
}

/** Options of {@link Autoregressive}. */
export interface AutoregressiveOptions {
  /** Number of coordinates of one event. */
  readonly dims: number;
  /** The scalar map applied to each coordinate, or a list of one a coordinate. */
  readonly transform: TransformOrList;
  /** Emits all parameters in one pass: a masked network, or how to build it. */
  readonly conditioner: AutoregressiveConditioner | ((request: AutoregressiveRequest) => AutoregressiveConditioner);
}

/**
 * Autoregressive layer: each coordinate is mapped with parameters that depend on the earlier ones on the data side,
 * `yᵢ = τ(xᵢ; θᵢ(y_<i, context))`; `log |det J| = Σ log τ′`.
 *
 * Where maps are `circular`, coordinates are angles, of which the network has to see cosines and sines: its option `circular`,
 * which the request sets.
 *
 * The density direction (`inverse`) is one pass through the network, generation (`forward`) is one pass a coordinate.
 * `Invert` exchanges the costs and gives an inverse autoregressive flow.
 *
 * Sources: Papamakarios, Pavlakou, Murray, "Masked Autoregressive Flow", 2017; Germain et al., "MADE", 2015.
 *
 * @cost forward: passes (one a coordinate); inverse: one pass
 * @domain that of its scalar maps
 */
export class Autoregressive extends Bijector {
  static override readonly className = 'Autoregressive';
  static override readonly samples = [
    () => {
      const conditioner = (request: AutoregressiveRequest) => new MaskedMLP({ ...request, hidden: [16], activation: 'tanh', seed: 1 }); // prettier-ignore
      return new Autoregressive({ dims: 3, transform: new ElementwiseAffine(), conditioner });
    },
    () => {
      const conditioner = (request: AutoregressiveRequest) => new MaskedMLP({ ...request, hidden: [16], activation: 'tanh', contextShape: [2], order: [1, 0], seed: 2 }); // prettier-ignore
      return new Autoregressive({ dims: 2, transform: new RationalQuadraticSpline({ bins: 4 }), conditioner });
    },
    () => {
      const conditioner = (request: AutoregressiveRequest) => new MaskedMLP({ ...request, hidden: [8], activation: 'tanh', seed: 3 }); // prettier-ignore
      return new Autoregressive({ dims: 2, transform: [new Moebius({ components: 1 }), new CircularShift()], conditioner }); // prettier-ignore
    },
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly contextShape: Shape | null;
  override readonly domainIn: Interval;
  override readonly domainOut: Interval;
  readonly #transform: TransformOrList;
  readonly #transforms: CoordinateTransforms;
  /** The map of each coordinate on its own. */
  readonly #each: readonly CoordinateTransforms[];
  readonly #conditioner: AutoregressiveConditioner;

  /** @throws FlowConfigError for a conditioner of other sizes, or one that takes angles for numbers. */
  constructor({ dims, transform, conditioner }: AutoregressiveOptions) {
    super();
    const transforms = new CoordinateTransforms('Autoregressive', transform, dims);
    const { width: parametersPerFeature, circular } = transforms;
    const sizes = { features: dims, parametersPerFeature, initialOutput: transforms.identityParameters() };
    const request = circular.length > 0 ? { ...sizes, circular } : sizes;
    const network = typeof conditioner === 'function' ? conditioner(request) : conditioner;
    if (network.features !== dims || network.parametersPerFeature !== parametersPerFeature) {
      throw new FlowConfigError('Autoregressive', {
        expected: `a masked conditioner for ${dims} features with ${parametersPerFeature} parameters each`,
        got: `${network.features} features with ${network.parametersPerFeature}`,
        hint: 'Pass a function `(request) => new MaskedMLP({ ...request, hidden })` to have it sized.',
      });
    }
    checkAngles('Autoregressive', circular, network);
    this.eventShapeIn = [dims];
    this.eventShapeOut = [dims];
    this.domainIn = transforms.domain;
    this.domainOut = transforms.domain;
    this.#transform = transform;
    this.#transforms = transforms;
    this.#each = Array.from({ length: dims }, (_, i) => transforms.select([i]));
    this.#conditioner = this.child('conditioner', network);
    this.contextShape = network.contextShape;
  }

  protected override mapInverse(y: Tensor, context: Tensor | null): ValueAndLogDet {
    const raw = this.#conditioner.apply(y, context);
    return this.#transforms.apply('inverse', y, raw);
  }

  protected override mapForward(x: Tensor, context: Tensor | null): ValueAndLogDet {
    const [batch, dims] = x.shape;
    const { width } = this.#transforms;
    const inputs = tf.split(x, dims, 1);
    const columns = Array.from({ length: dims }, () => tf.zeros([batch, 1]) as Tensor);
    let total: Tensor | null = null;
    for (const i of this.#conditioner.order) {
      const raw = this.#conditioner.apply(tf.concat(columns, 1), context);
      const own = tf.slice(raw, [0, i * width], [batch, this.#each[i].width]);
      const [value, logDet] = this.#each[i].apply('forward', inputs[i], own);
      columns[i] = value;
      total = total ? tf.add(total, logDet) : logDet;
    }
    return [tf.concat(columns, 1), total!];
  }

  override getConfig(): Config {
    return { dims: this.eventShapeIn[0], transform: this.#transform, conditioner: this.#conditioner };
  }
}
