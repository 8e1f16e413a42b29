import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import { KernelConditioner } from '../conditioners/kernel/kernel-conditioner.js';
import { checkPlacement, placePoints, type Placement } from '../conditioners/kernel/place-points.js';
import { ElementwiseAffine } from '../elementwise/elementwise-affine.js';
import { FlowConfigError } from '../errors.js';
import type { Config, Module } from '../module.js';
import { RandomStream, type Seed } from '../random.js';
import { alignContext, sizeOf, type Shape } from '../shapes.js';
import { Bijector, type Interval, type ValueAndLogDet } from './bijector.js';
import { Chain } from './chain.js';
import type { ConditionerRequest } from './conditioner-request.js';
import { Coupling } from './coupling.js';

/** Options of {@link SharedPoints}. */
export interface SharedPointsOptions {
  /** Layers whose kernel conditioners are `shared`, with as many points as given here. */
  readonly bijector: Bijector;
  /** Number of auxiliary points. */
  readonly points: number;
  /** Where `initialize` puts the points. Default: `rows`. */
  readonly placement?: Placement;
  /** Whether the points are trained. Default: true. */
  readonly trainPoints?: boolean;
  /** Seed of the points. Default: 0. */
  readonly seed?: Seed;
}

/**
 * Auxiliary points that all kernel expansions of a flow have in common: points in data space that go through the layers
 * together with every batch, so that each layer meets them as it meets data. With a context, each point has one of its own.
 *
 * With `placement: 'all'` and `trainPoints: false` the points are the training rows themselves, and every layer is the full
 * expansion over its training inputs.
 *
 * Source: English, Kirchler, Lippert, "Kernelised normalising flows", 2024, section 3.2.
 *
 * @cost forward: as its parts; inverse: as its parts
 * @domain that of its bijector
 * @example
 * const layer = (first: 0 | 1) =>
 *   new Coupling({
 *     mask: alternatingMask(2, first),
 *     transform: new ElementwiseAffine(),
 *     conditioner: (request) => new KernelConditioner({ ...request, points: 50, shared: true }),
 *   });
 * new SharedPoints({ bijector: new Chain({ bijectors: [layer(0), layer(1)] }), points: 50 });
 */
export class SharedPoints extends Bijector {
  static override readonly className = 'SharedPoints';
  static override readonly samples = [() => SharedPoints.sample(4, null), () => SharedPoints.sample(3, [2])];

  /** Two couplings with shared points. */
  private static sample(points: number, contextShape: Shape | null): SharedPoints {
    const conditioner = (request: ConditionerRequest) => new KernelConditioner({ ...request, points, contextShape, shared: true }); // prettier-ignore
    const transform = new ElementwiseAffine({ bound: 1 });
    const bijectors = [[true, false, true], [false, true, false]].map((mask) => new Coupling({ mask, transform, conditioner })); // prettier-ignore
    return new SharedPoints({ bijector: new Chain({ bijectors }), points, seed: 1 });
  }

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly contextShape: Shape | null;
  override readonly domainIn: Interval;
  override readonly domainOut: Interval;
  readonly #bijector: Bijector;
  /** Events with their contexts, one a row. */
  readonly #points: Variable;
  /** 1 once data were seen; a weight, so that a saved model remembers. */
  readonly #initialized: Variable;
  readonly #placement: Placement;
  readonly #stream: RandomStream;
  readonly #config: Config;

  /** @throws FlowConfigError when no conditioner inside is shared, or one has another number of points. */
  constructor({ bijector, points, placement = 'rows', trainPoints = true, seed = 0 }: SharedPointsOptions) {
    super();
    checkInteger('SharedPoints.points', points);
    checkPlacement('SharedPoints.placement', placement);
    checkConditioners(bijector, points);
    this.eventShapeIn = bijector.eventShapeIn;
    this.eventShapeOut = bijector.eventShapeOut;
    this.contextShape = bijector.contextShape;
    this.domainIn = bijector.domainIn;
    this.domainOut = bijector.domainOut;
    this.#bijector = this.child('bijector', bijector);
    const width = sizeOf(bijector.eventShapeOut) + (bijector.contextShape ? sizeOf(bijector.contextShape) : 0);
    this.#stream = RandomStream.from(seed);
    const draws = this.#stream.split('points').normal(points * width);
    this.#points = this.weight('points', [points, width], draws, { trainable: trainPoints });
    this.#initialized = this.weight('initialized', [], [0], { trainable: false });
    this.#placement = placement;
    this.#config = { bijector, points, placement, trainPoints, seed: this.#stream.key };
  }

  /**
   * Puts the points on the data, the first time; then the layers are initialized.
   *
   * @throws FlowDataError for fewer rows than points, or with `placement: 'all'` another number.
   */
  override initialize(data: Tensor, context: Tensor | null = null): void {
    tf.tidy(() => {
      const where = 'SharedPoints.initialize';
      const aligned = alignContext(context, this.contextShape, [data.shape[0]], where);
      if (!(this.#initialized.dataSync()[0] > 0)) {
        const flat = tf.reshape(data, [data.shape[0], -1]);
        const joined = aligned ? tf.concat([flat, tf.reshape(aligned, [data.shape[0], -1])], 1) : flat;
        const [points, width] = this.#points.shape;
        const rows = { values: joined.dataSync<'float32'>(), width: width! };
        const placed = placePoints(where, rows, points, this.#placement, this.#stream.split('placement'));
        this.#points.assign(tf.tensor(placed, this.#points.shape));
        this.#initialized.assign(tf.scalar(1));
      }
      const [own, contexts] = this.#parts();
      this.#bijector.initialize(tf.concat([data, own]), aligned && tf.concat([aligned, contexts!]));
    });
  }

  protected override mapForward(x: Tensor, context: Tensor | null): ValueAndLogDet {
    const [points, contexts] = this.#parts();
    const onBase = this.#bijector.inverse(points, contexts);
    const all = this.#bijector.forwardAndLogDet(tf.concat([x, onBase]), context && tf.concat([context, contexts!]));
    return all.map((part) => tf.slice(part, 0, x.shape[0])) as ValueAndLogDet;
  }

  protected override mapInverse(y: Tensor, context: Tensor | null): ValueAndLogDet {
    const [points, contexts] = this.#parts();
    const all = this.#bijector.inverseAndLogDet(tf.concat([y, points]), context && tf.concat([context, contexts!]));
    return all.map((part) => tf.slice(part, 0, y.shape[0])) as ValueAndLogDet;
  }

  override getConfig(): Config {
    return this.#config;
  }

  /** The points as events, and their contexts. */
  #parts(): [points: Tensor, contexts: Tensor | null] {
    const [count, width] = this.#points.shape as [number, number];
    const size = sizeOf(this.eventShapeOut);
    const events = size === width ? this.#points : tf.slice(this.#points, [0, 0], [count, size]);
    const points = tf.reshape(events, [count, ...this.eventShapeOut]);
    if (!this.contextShape) return [points, null];
    const contexts = tf.slice(this.#points, [0, size], [count, width - size]);
    return [points, tf.reshape(contexts, [count, ...this.contextShape])];
  }
}

/** @throws FlowConfigError when no conditioner is shared, or one has another number of points. */
function checkConditioners(bijector: Bijector, points: number): void {
  const shared = kernelConditioners(bijector).filter((conditioner) => conditioner.shared);
  const other = shared.find(({ hiddenWidth }) => hiddenWidth !== points);
  if (shared.length > 0 && !other) return;
  throw new FlowConfigError('SharedPoints', {
    expected: `kernel conditioners with \`shared: true\` and ${points} points`,
    got: other ? `one with ${other.hiddenWidth}` : 'none that is shared',
  });
}

function kernelConditioners(module: Module): KernelConditioner[] {
  if (module instanceof KernelConditioner) return [module];
  return [...module.children.values()].flatMap(kernelConditioners);
}
