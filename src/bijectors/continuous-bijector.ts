import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import { MLPField } from '../fields/mlp-field.js';
import { checkDivergence, probesFor, type DivergenceOptions } from '../fields/probes.js';
import type { Rate, VectorField } from '../fields/vector-field.js';
import type { Config } from '../module.js';
import { checkSolver, type SolverSettings } from '../ode/options.js';
import { Solver, type Solved, type Time } from '../ode/solver.js';
import { penaltyCollector, type PathPenalty } from '../path-penalties.js';
import { RandomStream, type Seed } from '../random.js';
import { alignContext, batchShapeOf, flattenBatch, restoreBatch, sizeOf, type Shape } from '../shapes.js';
import { trainingStream } from '../training-mode.js';
import { Bijector, type ValueAndLogDet } from './bijector.js';
import { FlowSystem, type FlowSystemOptions } from './flow-system.js';
import { LearnedTime } from './learned-time.js';

/** Options of {@link ContinuousBijector}. */
export interface ContinuousBijectorOptions {
  /** What points move along; it says the event shape. */
  readonly field: VectorField;
  /** Times of the base side and of the data side. Default: [0, 1]; published likelihood-trained flows have [1, 0]. */
  readonly span?: readonly [base: number, data: number];
  /** A parameter in place of that end of the span which is not 0. Default: none. */
  readonly learnedTime?: LearnedTime | null;
  /** In training. Default: exact. */
  readonly divergence?: DivergenceOptions;
  /** Outside of training. Default: exact. An estimate draws its directions from `seed`. */
  readonly evaluationDivergence?: DivergenceOptions;
  /** Method, tolerances, and how gradients get through. Default: those of {@link SolverSettings}. */
  readonly solver?: SolverSettings;
  /** Default: 0. */
  readonly seed?: Seed;
}

/** What {@link ContinuousBijector.report} returns. Tensors belong to the caller. */
export interface ContinuousReport {
  /** Where the points end, `[...batch, ...event]`. */
  readonly value: Tensor;
  /** `[batch]` */
  readonly logDet: Tensor;
  /** How far each log-determinant is from that of a solve with ten times tighter tolerances and the exact divergence. */
  readonly logDetError: Tensor;
  /** Evaluations of the field. */
  readonly evaluations: number;
  /** Steps that were accepted. */
  readonly steps: number;
  /** Steps that were tried in vain. */
  readonly rejected: number;
}

/**
 * A continuous flow: points move along a vector field, `dz/dt = f(t, z)`, from the base side at one time to the data side at
 * another, and `log |det|` of the map is the divergence met on the way:
 *
 * `forward: x = z(t_data)`, `z(t_base) = z₀`, `log |det dx/dz₀| = ∫ tr ∂f/∂z dt`.
 *
 * The trace is exact or Hutchinson's estimate `vᵀ J v`, with directions `v` that stay fixed along a path. Gradients come from
 * the solver, see {@link SolverSettings.gradient}; the same network serves both directions, at the same cost.
 *
 * `forward` and `inverse` follow the points alone, without divergence, at a fraction of the cost of `forwardAndLogDet` and
 * `inverseAndLogDet`. Steps are then chosen for the points alone: values agree with the others' to the tolerances of the
 * solver, not to the bit.
 *
 * Sources: Chen et al., "Neural ordinary differential equations", 2018; Grathwohl et al., "FFJORD", 2019.
 *
 * @cost forward: ODE; inverse: ODE
 */
export class ContinuousBijector extends Bijector {
  static override readonly className = 'ContinuousBijector';
  static override readonly samples: readonly (() => Bijector)[] = [
    () =>
      new ContinuousBijector({
        field: new MLPField({ dims: 2, hidden: [], seed: 1 }),
        span: [0, 0.3],
        solver: { method: 'tsit5', steps: 1 },
      }),
    () =>
      new ContinuousBijector({
        field: new MLPField({ dims: 1, hidden: [], contextShape: [2], seed: 2 }),
        span: [1, 0],
        learnedTime: new LearnedTime({ initial: 0.4, bounds: [0.2, 0.5] }),
        solver: { method: 'tsit5', steps: 1 },
      }),
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly contextShape: Shape | null;
  /** What points move along. */
  readonly field: VectorField;
  /** Times of the base side and of the data side as they were given; see {@link ContinuousBijector.times}. */
  readonly span: readonly [number, number];
  /** The end of the span that is trained, or null. */
  readonly learnedTime: LearnedTime | null;
  readonly #config: Config;
  readonly #settings: SolverSettings;
  readonly #divergence: Required<DivergenceOptions>;
  readonly #evaluationDivergence: Required<DivergenceOptions>;
  readonly #stream: RandomStream;
  readonly #solvers = new Map<string, Solver>();

  /** @throws FlowConfigError for an option out of range. */
  constructor(options: ContinuousBijectorOptions) {
    super();
    const { field, span = [0, 1], learnedTime = null, divergence = {}, evaluationDivergence = {}, solver = {}, seed = 0 } = options; // prettier-ignore
    const where = 'ContinuousBijector';
    if (span.length !== 2 || !span.every(Number.isFinite) || span[0] === span[1]) {
      throw new FlowConfigError(`${where}.span`, {
        expected: 'two different finite times, of the base and of the data side',
        got: `[${span.join(', ')}]`,
      });
    }
    if (learnedTime && !span.includes(0)) {
      throw new FlowConfigError(`${where}.learnedTime`, {
        expected: 'a span with one end at 0; the other is learned',
        got: `[${span.join(', ')}]`,
      });
    }
    checkSolver(`${where}.solver`, solver);
    this.#divergence = checkDivergence(`${where}.divergence`, divergence);
    this.#evaluationDivergence = checkDivergence(`${where}.evaluationDivergence`, evaluationDivergence);
    this.field = this.child('field', field);
    this.learnedTime = learnedTime && this.child('learnedTime', learnedTime);
    this.span = span;
    this.eventShapeIn = field.eventShape;
    this.eventShapeOut = field.eventShape;
    this.contextShape = field.contextShape;
    this.#settings = solver;
    this.#stream = RandomStream.from(seed);
    this.#config = { field, span, learnedTime, divergence, evaluationDivergence, solver, seed: this.#stream.key };
  }

  /** Times of the base side and of the data side as they are now. */
  times(): [base: number, data: number] {
    return this.#ends().map((time) => (typeof time === 'number' ? time : time.dataSync()[0])) as [number, number];
  }

  protected override mapForward(z: Tensor, context: Tensor | null): ValueAndLogDet {
    return this.#moveWithLogDet('forward', z, context);
  }

  protected override mapInverse(x: Tensor, context: Tensor | null): ValueAndLogDet {
    return this.#moveWithLogDet('inverse', x, context);
  }

  protected override valueForward(z: Tensor, context: Tensor | null): Tensor {
    return this.#move('forward', z, context, []).value;
  }

  protected override valueInverse(x: Tensor, context: Tensor | null): Tensor {
    return this.#move('inverse', x, context, []).value;
  }

  /**
   * A map with an account of what it took and how exact its log-determinant is, which costs a second, tighter solve.
   * No rows take no steps.
   *
   * @param direction `forward` from base to data, or `inverse`
   * @param x `[...batch, ...event]`
   */
  report(direction: 'forward' | 'inverse', x: Tensor, context: Tensor | null = null): ContinuousReport {
    const batchShape = batchShapeOf(x, this.eventShapeIn, `${this.className}.report`, 'x');
    let walk: Solved['walk'] | null = null;
    const [value, logDet, logDetError] = tf.tidy(() => {
      const points = flattenBatch(x, batchShape, this.eventShapeIn);
      const aligned = alignContext(context, this.contextShape, batchShape, `${this.className}.report`);
      if (sizeOf(batchShape) === 0) {
        return [tf.zeros([...batchShape, ...this.eventShapeOut]), tf.zeros(batchShape), tf.zeros(batchShape)];
      }
      const rates: Rate[] = ['divergence'];
      const found = this.#solve(direction, points, aligned, rates, this.#evaluationDivergence, this.#settings);
      walk = found.walk;
      const { rtol = 1e-5, atol = 1e-5, steps = null } = this.#settings;
      const tighter = { ...this.#settings, rtol: rtol / 10, atol: atol / 10, steps: steps && 4 * steps };
      const exact = this.#solve(direction, points, aligned, rates, EXACT, tighter);
      const logDets = [found, exact].map(({ q }) => tf.reshape(q!, [points.shape[0]]));
      return [
        restoreBatch(tf.reshape(found.y, points.shape), batchShape, this.eventShapeIn),
        restoreBatch(logDets[0], batchShape, []),
        restoreBatch(tf.abs(tf.sub(logDets[0], logDets[1])), batchShape, []),
      ];
    });
    return { value, logDet, logDetError, ...(walk ?? { evaluations: 0, steps: 0, rejected: 0 }) };
  }

  override getConfig(): Config {
    return this.#config;
  }

  override dispose(): void {
    for (const solver of this.#solvers.values()) solver.dispose();
    this.#solvers.clear();
    super.dispose();
  }

  #moveWithLogDet(direction: Direction, x: Tensor, context: Tensor | null): ValueAndLogDet {
    const { value, integrals } = this.#move(direction, x, context, ['divergence']);
    return [value, integrals[0]];
  }

  /** Moves points and integrates the rates on the way, `[rows]` each; hands over what is charged for. */
  #move(direction: Direction, x: Tensor, context: Tensor | null, rates: readonly Rate[]) {
    const collector = penaltyCollector();
    const charged = (collector?.wanted ?? []).filter((penalty): penalty is Rate & PathPenalty => penalty !== 'time');
    const divergence = trainingStream() ? this.#divergence : this.#evaluationDivergence;
    const { y, q } = this.#solve(direction, x, context, [...rates, ...charged], divergence, this.#settings);
    const rows = x.shape[0];
    const column = (i: number) => tf.reshape(tf.slice(q!, [0, i], [rows, 1]), [rows]);
    // What is charged is positive in whichever direction time runs.
    const [base, data] = this.span;
    const sign = Math.sign(data - base) * (direction === 'forward' ? 1 : -1);
    charged.forEach((penalty, i) => collector!.add(penalty, tf.mul(column(rates.length + i), sign)));
    if (this.learnedTime && collector?.wanted.includes('time')) collector.add('time', this.learnedTime.value());
    return { value: tf.reshape(y, x.shape), integrals: rates.map((_, i) => column(i)) };
  }

  #solve(
    direction: Direction,
    x: Tensor,
    context: Tensor | null,
    rates: readonly Rate[],
    divergence: Required<DivergenceOptions>,
    settings: SolverSettings,
  ): Solved {
    const rows = x.shape[0];
    const dims = sizeOf(this.eventShapeIn);
    const draws = divergence.estimator !== 'exact' && this.field.usesProbes(rates);
    const stream = trainingStream() ?? this.#stream;
    const noise = draws ? probesFor(divergence, stream.split('probes'), rows, dims) : null;
    const inputs = [context, noise].filter((input) => input !== null);
    const ends = this.#ends();
    const [from, to] = direction === 'forward' ? ends : ends.reverse();
    const solver = this.#solver({ rates, context: context !== null, divergence: draws ? divergence : EXACT }, settings);
    return solver.solve(tf.reshape(x, [rows, dims]), inputs, from, to);
  }

  /** One solver for each kind of solve, which keeps what it has prepared. */
  #solver(options: FlowSystemOptions, settings: SolverSettings): Solver {
    const key = JSON.stringify([options, settings]);
    let solver = this.#solvers.get(key);
    if (!solver) {
      // Penalties ride along; how exact they are does not matter.
      const checked = checkSolver(this.className, settings, options.rates.includes('divergence') ? 1 : 0);
      this.#solvers.set(key, (solver = new Solver(new FlowSystem(this.field, options), checked, { lasting: true })));
    }
    return solver;
  }

  #ends(): Time[] {
    const { learnedTime } = this;
    return this.span.map((time) => (time !== 0 && learnedTime ? tf.mul(learnedTime.value(), Math.sign(time)) : time));
  }
}

type Direction = 'forward' | 'inverse';

const EXACT: Required<DivergenceOptions> = { estimator: 'exact', probes: 1 };
