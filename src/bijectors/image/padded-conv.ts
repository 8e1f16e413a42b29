import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowNumericsError, FlowShapeError } from '../../errors.js';
import { convolution } from '../../kernels/convolution/op.js';
import type { Triangle } from '../../kernels/triangular-inverse/op.js';
import type { Config } from '../../module.js';
import { plu } from '../../numerics/plu.js';
import { RandomStream, type Seed } from '../../random.js';
import { formatShape, type Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';
import type { ChannelMatrix } from './channel-matrix.js';
import { checkImage } from './check-image.js';
import { checkCorner, cornerPadding, cornerTap, flipToTopLeft, type Corner } from './corner.js';
import { PADDED_SOLVERS, solvePadded, type PaddedSolver } from './padded-solvers.js';
import { PLUMatrix } from './plu-matrix.js';
import { TriangularMatrix } from './triangular-matrix.js';

/** How the block at the corner of a kernel is kept invertible; see {@link PaddedConv}. */
export type CornerDiagonal = 'unit' | 'free' | 'plu';

/** Options of {@link PaddedConv}. */
export interface PaddedConvOptions {
  /** Shape of an image, `[height, width, channels]`. */
  readonly eventShape: Shape;
  /** Height and width of the kernel. Default: 3. */
  readonly kernelSize?: number;
  /** Where the zeros are. Default: `topLeft`. */
  readonly corner?: Corner;
  /** Form of the corner block. Default: `plu`, any invertible matrix. */
  readonly diagonal?: CornerDiagonal;
  /** Which triangle a `unit` or `free` block fills, as a matrix that takes channels to channels. Default: `lower`. */
  readonly triangle?: Triangle;
  /** Whether a trained constant a channel is added. Default: true. */
  readonly bias?: boolean;
  /** How it is inverted. Default: `wavefront`. */
  readonly solver?: PaddedSolver;
  /** For the `nilpotent` solver: it ends once no number changes by more than this. Default: 0, it runs to its end. */
  readonly tolerance?: number;
  /** Standard deviation of the taps at the start, around the identity map. Default: 0.02. */
  readonly initialStd?: number;
  /** Seed of the initial taps. Default: 0. */
  readonly seed?: Seed;
}

/**
 * Invertible convolution with zeros on the two sides of one corner only. With `k` rows and columns of taps and the corner at
 * the top left,
 *
 * `inverse: z[i, j] = Σ_{u, v < k} x[i - u, j - v] K[k - 1 - u, k - 1 - v] + bias`,
 *
 * so that each pixel reads itself, through the `c × c` block `Kc` of taps at the corner of the kernel, and pixels above it and
 * to its left. In raster order the matrix of the map is block triangular with `Kc` everywhere on its diagonal: it is
 * invertible if and only if `Kc` is, and `log |det dz/dx| = height · width · log |det Kc|`. All other taps are free. The
 * other corners are its mirror images; alternate them, as layers of one corner never see what lies on the other side. (With
 * zeros on all sides, as convolutional networks have them, no block decides: see the tests for a singular example.)
 *
 * `diagonal` says how `Kcᵀ`, the matrix that takes channels to channels, is written:
 * - `unit`: triangular with ones on its diagonal; the layer keeps volumes,
 * - `free`: triangular with a diagonal `sign · exp(logScale)`, whose signs stay,
 * - `plu`: `P L (U + diag(sign · exp(logScale)))` as in {@link Conv1x1}, which is the case of kernel size 1.
 *
 * `forward` solves for `x`. `wavefront`: all pixels of a diagonal at once, `height + width - 1` steps in one kernel;
 * `nilpotent`: as many steps of ordinary convolutions; `sequential`: pixel by pixel in doubles, slow, for checks. Gradients are
 * those of the solution for all of them. For a model that generates by plain convolutions and solves for densities, as in
 * Inverse-Flow, use `new Invert({ bijector: new PaddedConv({ … }) })`.
 *
 * Source: Nagar, Dufraisse, Varma, "CInC Flow: Characterizable invertible 3×3 convolution", 2021, section 3; inverse along
 * diagonals: Kallappa, Nagar, Varma, "FInC Flow", 2023, section 3.
 *
 * @cost forward: passes (height + width - 1 diagonals, in one kernel); inverse: formula
 * @example
 * new Chain({
 *   bijectors: (['topLeft', 'bottomRight'] as const).map((corner) => new PaddedConv({ eventShape: [16, 16, 12], corner })),
 * });
 */
export class PaddedConv extends Bijector {
  static override readonly className = 'PaddedConv';
  static override readonly samples = [
    () => new PaddedConv({ eventShape: [3, 2, 2], kernelSize: 2, initialStd: 0.3 }),
    () => new PaddedConv({ eventShape: [2, 3, 2], corner: 'topRight', diagonal: 'free', seed: 1 }),
    () => new PaddedConv({ eventShape: [2, 2, 3], corner: 'bottomLeft', kernelSize: 2, diagonal: 'unit', bias: false }),
    () => new PaddedConv({ eventShape: [2, 2, 1], corner: 'bottomRight', kernelSize: 2, solver: 'nilpotent' }),
    () => new PaddedConv({ eventShape: [2, 1, 2], kernelSize: 1, diagonal: 'free', triangle: 'upper', solver: 'sequential' }), // prettier-ignore
  ];

  /**
   * The layer of a given kernel, `[k, k, channels, channels]` as `tf.conv2d` takes it after padding at the corner, with any
   * corner block that can be inverted (`diagonal` is `plu`).
   *
   * @throws FlowShapeError when the kernel is not of that shape.
   * @throws FlowNumericsError when the corner block is singular.
   */
  static fromKernel(
    kernel: readonly (readonly (readonly (readonly number[])[])[])[],
    options: Omit<PaddedConvOptions, 'kernelSize' | 'diagonal' | 'initialStd' | 'seed'>,
  ): PaddedConv {
    const where = 'PaddedConv.fromKernel';
    const { eventShape, corner = 'topLeft' } = options;
    const [, , channels] = checkImage(where, eventShape);
    checkCorner(where, corner);
    const size = kernel.length;
    const fits = (list: readonly unknown[], length: number) => Array.isArray(list) && list.length === length;
    const taps = kernel.flat();
    if (
      size < 1 ||
      !kernel.every((row) => fits(row, size)) ||
      !taps.every((tap) => fits(tap, channels)) ||
      !taps.flat().every((row) => fits(row, channels))
    ) {
      // prettier-ignore
      throw new FlowShapeError(where, {
        expected: `a kernel of shape [k, k, ${channels}, ${channels}]`,
        got: formatShape([size, kernel[0]?.length ?? 0, taps[0]?.length ?? 0, taps[0]?.[0]?.length ?? 0]),
      });
    }
    const [row, column] = cornerTap(corner, size);
    const block = kernel[row][column];
    const { singular, determinant } = plu(block);
    if (singular) {
      throw new FlowNumericsError(where, {
        expected: `an invertible block at tap [${row}, ${column}], the ${corner} corner's`,
        got: `one of determinant ${determinant}`,
        hint: 'The convolution is invertible if and only if this block is.',
        value: determinant,
      });
    }
    const layer = new PaddedConv({ ...options, kernelSize: size, diagonal: 'plu', initialStd: 0 });
    (layer.#block as PLUMatrix).assign(transposed(block));
    tf.tidy(() => {
      const oriented = flipToTopLeft(tf.tensor(taps.flat(2), [size, size, channels, channels]), corner, 0);
      const rows = tf.reshape(oriented, [size * size, channels, channels]);
      layer.#taps?.assign(tf.slice(rows, 0, size * size - 1));
    });
    return layer;
  }

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  /** Corner of the kernel that sees the pixel itself. */
  readonly corner: Corner;
  /** Height and width of the kernel. */
  readonly kernelSize: number;
  readonly #pixels: number;
  readonly #channels: number;
  /** All taps but the corner's, in the order of a kernel for the top left; null for kernel size 1. */
  readonly #taps: Variable | null = null;
  /** `Kcᵀ`. */
  readonly #block: ChannelMatrix;
  readonly #bias: Variable | null;
  readonly #solver: PaddedSolver;
  readonly #tolerance: number;
  readonly #config: Config;

  /**
   * @throws FlowShapeError when events are not images.
   * @throws FlowConfigError for an option that is unknown or out of range.
   */
  constructor(options: PaddedConvOptions) {
    super();
    const { eventShape, kernelSize = 3, corner = 'topLeft', diagonal = 'plu', triangle = 'lower' } = options;
    const { bias = true, solver = 'wavefront', tolerance = 0, initialStd = 0.02, seed = 0 } = options;
    const [height, width, channels] = checkImage('PaddedConv', eventShape);
    checkCorner('PaddedConv', corner);
    check('kernelSize: a positive whole number', kernelSize, Number.isInteger(kernelSize) && kernelSize > 0);
    check("diagonal: 'unit', 'free' or 'plu'", diagonal, ['unit', 'free', 'plu'].includes(diagonal));
    check("triangle: 'lower' or 'upper'", triangle, ['lower', 'upper'].includes(triangle));
    check(`solver: one of ${PADDED_SOLVERS.join(', ')}`, solver, PADDED_SOLVERS.includes(solver));
    check('tolerance: a number of at least 0', tolerance, tolerance >= 0);
    check('initialStd: a finite number of at least 0', initialStd, initialStd >= 0 && initialStd < Infinity);
    const stream = RandomStream.from(seed);
    const draw = (name: string, count: number) => stream.split(name).normal(count).map((value) => initialStd * value); // prettier-ignore
    const others = kernelSize * kernelSize - 1;
    this.eventShapeIn = eventShape;
    this.eventShapeOut = eventShape;
    this.corner = corner;
    this.kernelSize = kernelSize;
    this.#pixels = height * width;
    this.#channels = channels;
    if (others > 0) {
      this.#taps = this.weight('taps', [others, channels, channels], draw('taps', others * channels * channels));
    }
    const noise = draw('corner', channels * channels);
    const matrix = Array.from({ length: channels }, (_, i) =>
      Array.from({ length: channels }, (__, j) => noise[i * channels + j] + (i === j ? 1 : 0)),
    );
    const block =
      diagonal === 'plu'
        ? new PLUMatrix({ matrix })
        : new TriangularMatrix({ matrix, triangle, unitDiagonal: diagonal === 'unit' });
    this.#block = this.child('corner', block);
    this.#bias = bias ? this.weight('bias', [channels], new Float32Array(channels)) : null;
    this.#solver = solver;
    this.#tolerance = tolerance;
    const shape = { eventShape, kernelSize, corner, diagonal, triangle, bias };
    this.#config = { ...shape, solver, tolerance, initialStd, seed: stream.key };
  }

  /** The kernel `[k, k, channels, channels]`, as `tf.conv2d` takes it after padding at the corner. */
  kernel(): Tensor {
    return tf.tidy(() => flipToTopLeft(this.kernelForTopLeft(), this.corner, 0));
  }

  /** The kernel of the mirror image that has its corner at the top left. */
  kernelForTopLeft(): Tensor {
    return tf.tidy(() => {
      const [size, channels] = [this.kernelSize, this.#channels];
      const block = tf.reshape(tf.transpose(this.#block.matrix()), [1, channels, channels]);
      const taps = this.#taps ? tf.concat([this.#taps, block]) : block;
      return tf.reshape(taps, [size, size, channels, channels]);
    });
  }

  /** `Kc⁻¹`, `[channels, channels]`. */
  cornerInverse(): Tensor {
    return tf.tidy(() => tf.transpose(this.#block.inverseMatrix()));
  }

  protected override mapForward(z: Tensor): ValueAndLogDet {
    const y = flipToTopLeft(this.#bias ? tf.sub(z, this.#bias) : z, this.corner, 1);
    const x = solvePadded(y, this.kernelForTopLeft(), this.cornerInverse(), {
      solver: this.#solver,
      tolerance: this.#tolerance,
    });
    return [flipToTopLeft(x, this.corner, 1), tf.mul(this.#block.logAbsDet(), -this.#pixels)];
  }

  protected override mapInverse(x: Tensor): ValueAndLogDet {
    const bias = this.#bias ?? tf.zeros([this.#channels]);
    const z = convolution(x, this.kernel(), bias, 'identity', cornerPadding(this.corner, this.kernelSize));
    return [z, tf.mul(this.#block.logAbsDet(), this.#pixels)];
  }

  override getConfig(): Config {
    return this.#config;
  }
}

function check(expected: string, got: unknown, valid: boolean): void {
  if (!valid) throw new FlowConfigError('PaddedConv', { expected, got: String(got) });
}

function transposed(rows: readonly (readonly number[])[]): number[][] {
  return rows.map((_, i) => rows.map((row) => row[i]));
}
