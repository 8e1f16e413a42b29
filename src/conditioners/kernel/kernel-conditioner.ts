import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { FlowShapeError } from '../../errors.js';
import { dense } from '../../kernels/dense/op.js';
import type { Config } from '../../module.js';
import { RandomStream, type Seed } from '../../random.js';
import { alignContext, formatShape, sizeOf, type Shape } from '../../shapes.js';
import { AngleInputs } from '../angles.js';
import { checkInitialOutput, checkInteger, contextSizeOf } from '../check.js';
import { Conditioner } from '../conditioner.js';
import { flatContext, withContext } from '../flat-context.js';
import type { KernelFunction } from './kernel-function.js';
import { MaternKernel } from './matern-kernel.js';
import { checkPlacement, medianLengths, placePoints, type Placement } from './place-points.js';
import { SquaredExponentialKernel } from './squared-exponential-kernel.js';

/** Options of {@link KernelConditioner}. */
export interface KernelConditionerOptions {
  /** Entries of one input row; may be 0 when there is a context. */
  readonly inputs: number;
  /** Entries of one output row. */
  readonly outputs: number;
  /** Number of auxiliary points. Default: 150. */
  readonly points?: number;
  /** Default: `new MaternKernel()`, with ν = 5/2. */
  readonly kernel?: KernelFunction;
  /** Where `initialize` puts the points. Default: `rows`. */
  readonly placement?: Placement;
  /** Whether the points are trained as well. Default: true. */
  readonly trainPoints?: boolean;
  /** Take the last `points` rows of every batch for the points: the layer is inside of `SharedPoints`. Default: false. */
  readonly shared?: boolean;
  /** Shape of one context, flattened and appended to the input; null for none. Default: null. */
  readonly contextShape?: Shape | null;
  /** Inputs that are angles in radians, which kernels see as cosine and sine. Default: none. */
  readonly circular?: readonly number[];
  /** What the untrained expansion emits for every input; `outputs` numbers. Default: zeros. */
  readonly initialOutput?: readonly number[] | null;
  /** Seed of the points. Default: 0. */
  readonly seed?: Seed;
}

/**
 * A kernel expansion in place of a network, `y = y₀ + Σ_i k(w_i, u) a_i`, over `points` auxiliary points `w_i`; `u` is the
 * input with its context. The coefficients start from zero, so that it emits `initialOutput`, which stays as it is.
 *
 * Trained are `points · outputs` coefficients, `points · (inputs + context)` coordinates of the points, and what the kernel
 * has, such as a length-scale for each coordinate: a tenth of what a network takes, and less to overfit with.
 *
 * {@link KernelConditioner.initialize} puts the points on data and measures lengths there; before, the points are standard
 * normal draws. On images and tokens the expansion is taken at every position alike.
 *
 * Source: English, Kirchler, Lippert, "Kernelised normalising flows", 2024, sections 3.2 and 3.3.
 *
 * @example
 * new Coupling({
 *   mask: alternatingMask(6),
 *   transform: new ElementwiseAffine(),
 *   conditioner: (request) => new KernelConditioner({ ...request, points: 100 }),
 * });
 */
export class KernelConditioner extends Conditioner {
  static override readonly className: string = 'KernelConditioner';
  static override readonly samples: readonly (() => Conditioner)[] = [
    () => new KernelConditioner({ inputs: 2, outputs: 5, points: 7 }),
    () => new KernelConditioner({ inputs: 3, outputs: 2, points: 6, kernel: new SquaredExponentialKernel({ ard: false }), contextShape: [2, 2], placement: 'kMeans' }), // prettier-ignore
  ];

  override readonly inputs: number;
  override readonly outputs: number;
  override readonly contextShape: Shape | null;
  override readonly circular: readonly number[];
  /** The number of points. */
  override readonly hiddenWidth: number;
  /** Whether the points come with every batch. */
  readonly shared: boolean;
  /** `[points, width]`; null when they are shared. */
  readonly #points: Variable | null;
  readonly #coefficients: Variable;
  readonly #raw: Variable;
  /** Lengths in which length-scales are counted. */
  readonly #unit: Variable;
  /** 1 once data were seen; a weight, so that a saved model remembers. */
  readonly #initialized: Variable;
  readonly #offset: Tensor;
  readonly #angles: AngleInputs;
  readonly #kernel: KernelFunction;
  readonly #placement: Placement;
  readonly #stream: RandomStream;
  readonly #config: Config;

  /** @throws FlowConfigError for a size, placement or initial output that makes no expansion. */
  constructor(options: KernelConditionerOptions) {
    super();
    const { inputs, outputs, points = 150, kernel = new MaternKernel(), contextShape = null } = options;
    const { placement = 'rows', trainPoints = true, shared = false, initialOutput = null, seed = 0 } = options;
    const contextSize = contextSizeOf('KernelConditioner.contextShape', contextShape);
    checkInteger('KernelConditioner.inputs', inputs, contextSize > 0 ? 0 : 1);
    checkInteger('KernelConditioner.outputs', outputs);
    checkInteger('KernelConditioner.points', points);
    checkPlacement('KernelConditioner.placement', placement);
    checkInitialOutput('KernelConditioner.initialOutput', initialOutput, outputs);

    const angles = new AngleInputs('KernelConditioner', inputs, options.circular);
    const width = angles.width + contextSize;
    const stream = RandomStream.from(seed);
    const draws = () => stream.split('points').normal(points * width);
    const start = kernel.initialParameters(width);
    this.inputs = inputs;
    this.outputs = outputs;
    this.contextShape = contextShape;
    this.hiddenWidth = points;
    this.shared = shared;
    this.#points = shared ? null : this.weight('points', [points, width], draws(), { trainable: trainPoints });
    this.#coefficients = this.weight('coefficients', [points, outputs], new Float32Array(points * outputs));
    this.#raw = this.weight('kernel', [start.length], start);
    const unit = new Float32Array(width).fill(Math.sqrt(width));
    this.#unit = this.weight('unit', [width], unit, { trainable: false });
    this.#initialized = this.weight('initialized', [], [0], { trainable: false });
    this.#offset = this.constant('offset', tf.tensor1d(initialOutput ? [...initialOutput] : new Float32Array(outputs)));
    this.circular = angles.circular;
    this.#angles = angles;
    this.#kernel = kernel;
    this.#placement = placement;
    this.#stream = stream;
    this.#config = {
      inputs,
      outputs,
      points,
      kernel,
      placement,
      trainPoints,
      shared,
      contextShape,
      circular: options.circular,
      initialOutput,
      seed: stream.key,
    };
  }

  /**
   * Puts the points on the data, and takes the unit of length-scales from them (the median of distances); does nothing after
   * the first time. Looks at the numbers.
   *
   * @throws FlowDataError for fewer rows than points.
   */
  override initialize(x: Tensor, context: Tensor | null = null): void {
    if (this.#initialized.dataSync()[0] > 0) return;
    tf.tidy(() => {
      const where = 'KernelConditioner.initialize';
      const features = this.#features(x, alignContext(context, this.contextShape, [x.shape[0]], where));
      const rows = { values: features.dataSync<'float32'>(), width: features.shape[1]! };
      if (this.#points) {
        const stream = this.#stream.split('placement');
        const placed = placePoints(where, rows, this.hiddenWidth, this.#placement, stream);
        this.#points.assign(tf.tensor(placed, this.#points.shape));
      }
      this.#unit.assign(tf.tensor1d(medianLengths(rows, this.#stream.split('pairs'))));
      this.#initialized.assign(tf.scalar(1));
    });
  }

  protected override network(x: Tensor, context: Tensor | null): Tensor {
    const rows = this.#features(x, context);
    const points = this.#points ?? this.#lastRows(x, rows);
    const gram = this.#kernel.gram(rows, points, this.#raw, this.#unit);
    const y = dense(gram, this.#coefficients, this.#offset);
    return x.rank === 2 ? y : tf.reshape(y, x.shape.with(-1, this.outputs));
  }

  override getConfig(): Config {
    return this.#config;
  }

  /** One row of input and context for each position of each event. */
  #features(x: Tensor, context: Tensor | null): Tensor {
    if (x.rank === 2) return withContext(this.#angles.embed(x), context);
    const positions = sizeOf(x.shape.slice(1, -1));
    const rows = this.#angles.embed(tf.reshape(x, [-1, this.inputs]));
    if (!context) return rows;
    const repeated = tf.tile(tf.expandDims(flatContext(context), 1), [1, positions, 1]);
    return withContext(rows, tf.reshape(repeated, [rows.shape[0], -1]));
  }

  /** @throws FlowShapeError when the batch does not end with the points. */
  #lastRows(x: Tensor, rows: Tensor): Tensor {
    const before = rows.shape[0] - this.hiddenWidth;
    if (x.rank === 2 && before >= 0) return tf.slice(rows, [before, 0]);
    throw new FlowShapeError('KernelConditioner', {
      expected: `a batch of vectors that ends with the ${this.hiddenWidth} shared points`,
      got: formatShape(x.shape),
      hint: 'Put the layers into `SharedPoints`.',
    });
  }
}
