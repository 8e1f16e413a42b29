import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { LipschitzConvNet } from '../conditioners/lipschitz/lipschitz-conv-net.js';
import { LipschitzMLP } from '../conditioners/lipschitz/lipschitz-mlp.js';
import {
  LipschitzNetwork,
  type Linearisation,
  type LipschitzMap,
} from '../conditioners/lipschitz/lipschitz-network.js';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import { checkFixedPoint, type FixedPointOptions } from '../numerics/fixed-point.js';
import { RandomStream, type Seed } from '../random.js';
import { alignContext, batchShapeOf, flattenBatch, restoreBatch, sizeOf, type Shape } from '../shapes.js';
import { trainingStream } from '../training-mode.js';
import { Bijector, type ValueAndLogDet } from './bijector.js';
import { checkLogDet, type LogDetOptions } from './residual/log-det-options.js';
import { residualLogDet } from './residual/residual-log-det.js';
import { solveResidual } from './residual/solve-residual.js';

/** Options of {@link InvertibleResidual}. `tolerance` and `maxSteps` are those of `forward`. */
export interface InvertibleResidualOptions extends FixedPointOptions {
  /** `g`: a {@link LipschitzMLP}, a {@link LipschitzConvNet}, or another contraction. */
  readonly network: LipschitzNetwork;
  /** In training. Default: exact. */
  readonly logDet?: LogDetOptions;
  /** Outside of training. Default: exact. An estimate draws its directions from `seed`. */
  readonly evaluationLogDet?: LogDetOptions;
  /** Default: 0. */
  readonly seed?: Seed;
}

/** What {@link InvertibleResidual.report} returns. Tensors belong to the caller. */
export interface ResidualReport {
  /** `[...batch, ...event]` */
  readonly value: Tensor;
  /** `[...batch]` */
  readonly logDet: Tensor;
  /** How far each log-determinant is from that of the whole Jacobian. */
  readonly logDetError: Tensor;
  /** Steps of the iteration; 0 for `inverse`, which needs none. */
  readonly steps: number;
  /** How far the last step moved the entry that it moved most; 0 for `inverse`. */
  readonly residual: number;
}

/**
 * Invertible residual block, the layer of i-ResNets and of residual flows, with a contraction `g`; data → base:
 *
 * `inverse: z = x + g(x)`, `log |det dz/dx| = log det (I + J) = Σ_k (-1)^(k+1) tr(J^k) / k`, `J = ∂g/∂x`.
 *
 * The log-determinant comes from the whole Jacobian, at the cost of a product with it for each number of an event, or is
 * estimated from the series at a cost that does not depend on their count; see {@link LogDetOptions}. An estimate has a
 * gradient of its own, whose memory does not depend on the number of terms. Random numbers come from the stream of the
 * training step, or outside of training from `seed`: the same in each call.
 *
 * `forward` iterates `x ← z - g(x)` to the fixed point, which is off by `lipschitz / (1 - lipschitz)` times the last step at
 * most, and mostly converges in 10 to 100 steps. Gradients are those of the implicit function. For a map whose
 * `forward` is direct, wrap it in `Invert`.
 *
 * Sources: Behrmann et al., "Invertible residual networks", 2019; Chen et al., "Residual flows for invertible generative
 * modeling", 2019.
 *
 * @cost forward: numeric (fixed point); inverse: one pass (and the log-determinant, exact or estimated)
 * @example
 * new InvertibleResidual({ network: new LipschitzMLP({ dims: 2 }) });
 */
export class InvertibleResidual extends Bijector {
  static override readonly className = 'InvertibleResidual';
  static override readonly samples = [
    () => new InvertibleResidual({ network: new LipschitzMLP({ dims: 2, hidden: [6, 5] }) }),
    () => new InvertibleResidual({ network: new LipschitzMLP({ dims: 3, hidden: [5], activation: 'tanh', contextShape: [2] }) }), // prettier-ignore
    () => new InvertibleResidual({ network: new LipschitzMLP({ dims: 17, hidden: [4], lipschitz: 0.7 }) }),
    () =>
      new InvertibleResidual({
        network: new LipschitzConvNet({ eventShape: [2, 3, 2], hidden: [3], kernelSizes: [3, 1] }),
      }),
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly contextShape: Shape | null;
  /** The contraction `g`. */
  readonly network: LipschitzNetwork;
  readonly #logDet: Required<LogDetOptions>;
  readonly #evaluationLogDet: Required<LogDetOptions>;
  readonly #solver: FixedPointOptions;
  readonly #stream: RandomStream;
  readonly #config: Config;

  /** @throws FlowConfigError for a network that is no contraction, a bad estimator, or a bad tolerance. */
  constructor(options: InvertibleResidualOptions) {
    super();
    const { network, logDet, evaluationLogDet, seed = 0, ...solver } = options;
    if (!(network instanceof LipschitzNetwork)) {
      throw new FlowConfigError('InvertibleResidual.network', {
        expected: 'a LipschitzNetwork, such as a LipschitzMLP',
        got: typeof network,
      });
    }
    checkFixedPoint('InvertibleResidual', solver);
    this.#logDet = checkLogDet('InvertibleResidual.logDet', logDet);
    this.#evaluationLogDet = checkLogDet('InvertibleResidual.evaluationLogDet', evaluationLogDet);
    this.network = this.child('network', network);
    this.eventShapeIn = network.eventShape;
    this.eventShapeOut = network.eventShape;
    this.contextShape = network.contextShape;
    this.#solver = solver;
    this.#stream = RandomStream.from(seed);
    this.#config = {
      network,
      logDet: this.#logDet,
      evaluationLogDet: this.#evaluationLogDet,
      seed: this.#stream.key,
      ...solver,
    };
  }

  protected override mapInverse(x: Tensor, context: Tensor | null): ValueAndLogDet {
    const at = this.network.bind(context).at(x);
    return [tf.add(x, at.value), this.#logDetAt(at)];
  }

  protected override valueInverse(x: Tensor, context: Tensor | null): Tensor {
    return tf.add(x, this.network.bind(context).value(x));
  }

  protected override mapForward(z: Tensor, context: Tensor | null): ValueAndLogDet {
    const map = this.network.bind(context);
    const x = this.#solve(map, z);
    return [x, tf.neg(this.#logDetAt(map.at(x)))];
  }

  protected override valueForward(z: Tensor, context: Tensor | null): Tensor {
    return this.#solve(this.network.bind(context), z);
  }

  /**
   * A map as it is outside of training, with an account of how well it went: the whole Jacobian is found for comparison.
   * No rows take no steps.
   *
   * @param direction `forward` from base to data, or `inverse`
   * @param x `[...batch, ...event]`
   * @throws FlowNumericsError when `forward` does not converge.
   */
  report(direction: 'forward' | 'inverse', x: Tensor, context: Tensor | null = null): ResidualReport {
    const where = `${this.className}.report`;
    const event = this.eventShapeIn;
    const batchShape = batchShapeOf(x, event, where, 'x');
    let [steps, residual] = [0, 0];
    const [value, logDet, logDetError] = tf.tidy(() => {
      const aligned = alignContext(context, this.contextShape, batchShape, where);
      if (sizeOf(batchShape) === 0) return [tf.zeros([...batchShape, ...event]), tf.zeros(batchShape), tf.zeros(batchShape)]; // prettier-ignore
      const map = this.network.bind(aligned);
      const points = flattenBatch(x, batchShape, event);
      const data =
        direction === 'inverse'
          ? points
          : solveResidual(where, map, points, this.#solver, (found) => ({ steps, residual } = found));
      const at = map.at(data);
      const exact = residualLogDet(at, checkLogDet(where), this.#stream);
      const found = residualLogDet(at, this.#evaluationLogDet, this.#stream.split('log-det'));
      const image = direction === 'inverse' ? tf.add(data, at.value) : data;
      return [
        restoreBatch(image, batchShape, event),
        restoreBatch(direction === 'inverse' ? found : tf.neg(found), batchShape, []),
        restoreBatch(tf.abs(tf.sub(found, exact)), batchShape, []),
      ];
    });
    return { value, logDet, logDetError, steps, residual };
  }

  override getConfig(): Config {
    return this.#config;
  }

  #solve(map: LipschitzMap, z: Tensor): Tensor {
    return solveResidual(`${this.className}.forward`, map, z, this.#solver);
  }

  #logDetAt(at: Linearisation): Tensor {
    const training = trainingStream();
    const stream = training ? training.split(`log-det ${this.#stream.key}`) : this.#stream.split('log-det');
    return residualLogDet(at, training ? this.#logDet : this.#evaluationLogDet, stream);
  }
}
