import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { BodyTransformer } from '../../conditioners/bodies/body-transformer.js';
import { checkView, each, POSE, type BodyView, type Box } from '../../conditioners/bodies/body-view.js';
import type { Conditioner } from '../../conditioners/conditioner.js';
import { ElementwiseAffine } from '../../elementwise/elementwise-affine.js';
import { ElementwiseTransform } from '../../elementwise/elementwise-transform.js';
import { wrapAngle } from '../../elementwise/circle.js';
import { Moebius } from '../../elementwise/moebius.js';
import { FlowConfigError } from '../../errors.js';
import { sumLogDets } from '../../kernels/sum-log-dets/op.js';
import type { Config } from '../../module.js';
import type { Shape } from '../../shapes.js';
import { FibreSpline } from '../../spheres/fibre-spline.js';
import { SphereTransform } from '../../spheres/sphere-transform.js';
import { SymmetrizedMoebius } from '../../spheres/symmetrized-moebius.js';
import type { UnitVectors } from '../../unit-vectors.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';

/** Part of every body that a layer moves. */
export type BodyPart = 'positions' | 'rotations' | 'auxiliary';

/** What a layer on rigid bodies asks of its conditioner; spreads into the options of {@link BodyTransformer}. */
export interface BodyConditionerRequest {
  /** The bodies, and what of them the network may look at. */
  readonly view: BodyView;
  /** Numbers for each body. */
  readonly outputs: number;
  /** Outputs to start training from. */
  readonly initialOutput: number[];
}

/** Options of {@link RigidBodyCoupling}. */
export interface RigidBodyCouplingOptions {
  /** Number of bodies. */
  readonly bodies: number;
  /** Auxiliary numbers of each body, after position and rotation. Default: 0. */
  readonly auxiliaries?: number;
  /** Lengths of the periodic box that positions lie in; null for free space. Default: null. */
  readonly box?: Box | null;
  /** What is moved. */
  readonly moves: BodyPart;
  /** One entry a body, true for those moved. Default: all of them. */
  readonly moved?: readonly boolean[] | null;
  /**
   * The map: of a sphere in R⁴, odd, for rotations; otherwise of a number, for each coordinate, and in a box of the circle.
   */
  readonly transform: ElementwiseTransform | SphereTransform;
  /** Emits the parameters: a network on bodies, or how to build it. */
  readonly conditioner: Conditioner | ((request: BodyConditionerRequest) => Conditioner);
}

const ROTATION: UnitVectors = [3, POSE];

/**
 * Coupling layer on rigid bodies, `[bodies, 7 + auxiliaries]` with a row `(x, y, z)`, unit quaternion `(w, x, y, z)` and auxiliary
 * numbers for each. It moves one part of them, given the others: positions given the rotations, rotations given the
 * positions, and of the part that is moved what belongs to bodies that are not: `yᵢ = τ(xᵢ; θᵢ(x_rest))`, and `log |det J|` is the
 * sum over what is moved.
 *
 * In a periodic box a coordinate `x` moves as the angle `2π x/L - π` does, by less than half the box; it need not lie in the box, and
 * is not put back into it. Leaving one body in place removes common translations.
 * Rotation maps are odd and the conditioner does not see signs, so that `q` and `-q` stay one rotation.
 *
 * Source: Köhler, Invernizzi, de Haan, Noé, "Rigid body flows for sampling molecular crystal structures", 2023, section 5; auxiliary
 * numbers after Huang, Dinh, Courville, "Augmented normalizing flows", 2020.
 *
 * @cost forward: one pass (and what its transform costs); inverse: one pass (and what its transform costs)
 * @domain rigid bodies: positions, unit quaternions, auxiliary numbers
 * @example
 * new RigidBodyCoupling({
 *   bodies: 16,
 *   box: [0.9, 0.78, 0.73],
 *   moves: 'rotations',
 *   transform: new SymmetrizedMoebius({ dims: 4 }),
 *   conditioner: (request) => new BodyTransformer({ ...request, width: 32, heads: 4 }),
 * });
 */
export class RigidBodyCoupling extends Bijector {
  static override readonly className = 'RigidBodyCoupling';
  static override readonly samples = [
    () => RigidBodyCoupling.sample({ bodies: 2, box: [1, 2, 3], moves: 'positions', moved: [false, true], transform: new Moebius({ components: 1 }) }), // prettier-ignore
    () => RigidBodyCoupling.sample({ bodies: 2, moves: 'rotations', transform: new SymmetrizedMoebius({ dims: 4 }) }),
    () => RigidBodyCoupling.sample({ bodies: 2, box: [1, 2, 3], moves: 'rotations', moved: [true, false], transform: new FibreSpline({ bins: 3 }) }, [2]), // prettier-ignore
    () =>
      RigidBodyCoupling.sample({ bodies: 2, auxiliaries: 2, moves: 'auxiliary', transform: new ElementwiseAffine() }),
  ];

  /** A small instance for tests and examples. */
  static sample(
    options: Omit<RigidBodyCouplingOptions, 'conditioner'>,
    contextShape: Shape | null = null,
  ): RigidBodyCoupling {
    const conditioner = (request: BodyConditionerRequest) => new BodyTransformer({ ...request, width: 4, depth: 1, heads: 2, contextShape, seed: 1 }); // prettier-ignore
    return new RigidBodyCoupling({ ...options, conditioner });
  }

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly unitVectorsIn = ROTATION;
  override readonly unitVectorsOut = ROTATION;
  override readonly contextShape: Shape | null;
  readonly #conditioner: Conditioner;
  readonly #columns: readonly [start: number, end: number];
  /** 1 for bodies that are moved, `[bodies, 1]`; null for all of them. */
  readonly #mask: Tensor | null;
  readonly #options: Omit<RigidBodyCouplingOptions, 'conditioner'>;

  /** @throws FlowConfigError for sizes, a box or a list that describe no bodies, or a map or conditioner that does not fit. */
  constructor({
    bodies,
    auxiliaries = 0,
    box = null,
    moves,
    moved = null,
    transform,
    conditioner,
  }: RigidBodyCouplingOptions) {
    super();
    const still = moved?.map((entry) => !entry) ?? each(bodies, false);
    const sees = (part: BodyPart) => (part === moves ? still : each(bodies, true));
    const view: BodyView = {
      bodies,
      auxiliaries,
      box,
      positions: sees('positions'),
      rotations: sees('rotations'),
      auxiliary: sees('auxiliary'),
    };
    checkView('RigidBodyCoupling', view);
    this.#columns = { positions: [0, 3], rotations: ROTATION, auxiliary: [POSE, POSE + auxiliaries] }[moves] as [number, number]; // prettier-ignore
    if (still.every(Boolean) || this.#columns[0] === this.#columns[1]) {
      throw new FlowConfigError('RigidBodyCoupling', { expected: `${moves} to move`, got: 'none' });
    }
    checkTransform(moves, box, transform);
    const request = requestOf(view, transform, this.#columns[1] - this.#columns[0]);
    const network = typeof conditioner === 'function' ? conditioner(request) : conditioner;
    if (network.inputs !== POSE + auxiliaries || network.outputs !== request.outputs) {
      throw new FlowConfigError('RigidBodyCoupling', {
        expected: `a conditioner from ${POSE + auxiliaries} inputs to ${request.outputs} outputs a body`,
        got: `${network.inputs} to ${network.outputs}`,
        hint: 'Pass a function `(request) => new BodyTransformer({ ...request, width, heads })` to have it sized.',
      });
    }
    this.eventShapeIn = [bodies, POSE + auxiliaries];
    this.eventShapeOut = [bodies, POSE + auxiliaries];
    this.#conditioner = this.child('conditioner', network);
    this.contextShape = network.contextShape;
    this.#mask = moved ? this.constant('mask', tf.tensor2d(moved.map(Number), [bodies, 1])) : null;
    this.#options = { bodies, auxiliaries, box, moves, moved, transform };
  }

  override initialize(data: Tensor, context: Tensor | null = null): void {
    tf.tidy(() => this.#conditioner.initialize(data, context));
  }

  protected override mapForward(x: Tensor, context: Tensor | null): ValueAndLogDet {
    return this.#couple(x, context, 'forward');
  }

  protected override mapInverse(y: Tensor, context: Tensor | null): ValueAndLogDet {
    return this.#couple(y, context, 'inverse');
  }

  override getConfig(): Config {
    return { ...this.#options, conditioner: this.#conditioner };
  }

  #couple(x: Tensor, context: Tensor | null, direction: 'forward' | 'inverse'): ValueAndLogDet {
    const [start, end] = this.#columns;
    const raw = this.#conditioner.apply(x, context);
    const part = tf.slice(x, [0, 0, start], [-1, -1, end - start]);
    const [value, logDet] = this.#map(part, raw, direction);
    const mask = this.#mask;
    const moved = mask ? tf.add(part, tf.mul(mask, tf.sub(value, part))) : value;
    const before = tf.slice(x, [0, 0, 0], [-1, -1, start]);
    const after = tf.slice(x, [0, 0, end], [-1, -1, -1]);
    const all = [before, moved, after].filter(({ size }) => size > 0);
    return [tf.concat(all, 2), sumLogDets(mask ? tf.mul(logDet, tf.reshape(mask, [1, -1])) : logDet)];
  }

  /** The part of every body `[batch, bodies, width]`, mapped, and log-determinants `[batch, bodies]`. */
  #map(part: Tensor, raw: Tensor, direction: 'forward' | 'inverse'): ValueAndLogDet {
    const { transform } = this.#options;
    const [batch, bodies, width] = part.shape as [number, number, number];
    if (transform instanceof SphereTransform) {
      const points = tf.reshape(part, [batch * bodies, width]);
      const { value, logDet } = transform[direction](points, tf.reshape(raw, [batch * bodies, -1]));
      return [tf.reshape(value, part.shape), tf.reshape(logDet, [batch, bodies])];
    }
    const parameters = tf.reshape(raw, [batch * bodies * width, transform.parameterCount]);
    const perRadian = this.#lengthsPerRadian();
    const from = perRadian ? tf.sub(tf.div(part, perRadian), Math.PI) : part;
    const { value, logDet } = transform[direction](tf.reshape(from, [-1]), parameters);
    const to = tf.reshape(value, part.shape);
    // By how far it moved, not where to: a body that leaves the box goes on beside it.
    const moved = perRadian ? tf.add(part, tf.mul(wrapAngle(tf.sub(to, from)), perRadian)) : to;
    return [moved, tf.sum(tf.reshape(logDet, part.shape), 2)];
  }

  /** Box lengths over 2π, if positions in a box are what moves. */
  #lengthsPerRadian(): Tensor | null {
    const { box, moves } = this.#options;
    return box && moves === 'positions' ? tf.tensor1d(box.map((length) => length / (2 * Math.PI))) : null;
  }
}

function requestOf(
  view: BodyView,
  transform: ElementwiseTransform | SphereTransform,
  width: number,
): BodyConditionerRequest {
  if (transform instanceof SphereTransform) {
    return { view, outputs: transform.parameterCount, initialOutput: transform.startParameters() };
  }
  const identity = transform.identityParameters();
  const initialOutput = Array.from({ length: width }, () => identity).flat();
  return { view, outputs: initialOutput.length, initialOutput };
}

function checkTransform(moves: BodyPart, box: Box | null, transform: ElementwiseTransform | SphereTransform): void {
  const where = 'RigidBodyCoupling.transform';
  const got = transform.className;
  if (moves === 'rotations') {
    if (transform instanceof SphereTransform && transform.dims === 4 && transform.odd) return;
    throw new FlowConfigError(where, {
      expected: 'an odd map of the sphere in R⁴',
      got,
      hint: 'SymmetrizedMoebius, ProjectiveLinear, ProjectiveConvexGradient, QuaternionProduct and FibreSpline are such maps.',
    });
  }
  const circular = moves === 'positions' && box !== null;
  if (transform instanceof ElementwiseTransform && transform.circular === circular) return;
  throw new FlowConfigError(where, {
    expected: circular ? 'a map of the circle, since positions are in a box' : 'a map of real numbers',
    got,
    hint: circular ? 'For example `new Moebius()`.' : 'For example `new ElementwiseAffine()`.',
  });
}
