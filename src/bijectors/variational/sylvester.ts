import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../../conditioners/check.js';
import { MLP } from '../../conditioners/mlp.js';
import { cut } from '../../elementwise/parameters.js';
import { FlowConfigError } from '../../errors.js';
import type { Config } from '../../module.js';
import {
  checkInversion,
  givenInversion,
  invertMonotone,
  type InversionOptions,
} from '../../numerics/invert-monotone.js';
import { RandomStream, type Seed } from '../../random.js';
import type { ValueAndLogDet } from '../bijector.js';
import { checkNumbers } from '../check-numbers.js';
import { Amortized, type AmortizedOptions } from './amortized.js';
import { sylvesterBasis, timesRows, type SylvesterBasis, type SylvesterBasisName } from './sylvester-basis.js';
import { logTanhSlope } from './tanh-slope.js';

/** Options of {@link Sylvester}. */
export interface SylvesterOptions extends AmortizedOptions, InversionOptions {
  /**
   * How `Q` is made. `orthogonal` (default): the orthonormal matrix nearest to one of raw parameters. `householder`: the first
   * columns of a product of reflections. `triangular`: the identity, or with `flip` its columns in reverse, without parameters.
   */
  readonly basis?: SylvesterBasisName;
  /** Columns of `Q`, `M`: directions in which points are moved. Default: `dims`, but 32 at most, except for `triangular`. */
  readonly units?: number;
  /** Reflections of the `householder` basis. Default: 8. */
  readonly reflections?: number;
  /** Whether the `triangular` basis reverses the coordinates; layers take turns. Default: false. */
  readonly flip?: boolean;
  /** Seed of the initial basis. Default: 0. */
  readonly seed?: Seed;
}

/** What a Sylvester map does, as it is written in the formula. */
export interface SylvesterValues {
  /** `Q`, `dims` rows of `units` numbers. */
  readonly q: readonly (readonly number[])[];
  /** `R`, `units` rows; what is below the diagonal is not read. */
  readonly r: readonly (readonly number[])[];
  /** `R̃`, likewise. */
  readonly rTilde: readonly (readonly number[])[];
  /** `units` numbers. */
  readonly b: readonly number[];
}

/** Default of the most directions. */
const MOST_UNITS = 32;
/** Largest entry on a diagonal, so that the log-determinant stays finite in float32. */
const MOST_DIAGONAL = 1 - 1e-4;
/** Diagonal of `R̃` at the start. With zeros in both triangles, no gradient would reach either. */
const START_DIAGONAL = 0.5;

/**
 * A Sylvester map: planar maps in `M` orthonormal directions at once, which feed each other. With `Q` of `D` by `M`, and `R`,
 * `R̃` upper triangular,
 *
 * `forward: y = x + Q R tanh(R̃ Qᵀ x + b)`, `log |det dy/dx| = Σᵢ log (1 + Rᵢᵢ R̃ᵢᵢ h′ᵢ)`, `h′ = 1 - tanh²`,
 *
 * by Sylvester's determinant identity. Entries of both diagonals are `(1 - 1e-4) tanh(raw)`, so that `Rᵢᵢ R̃ᵢᵢ > -1`, which makes it
 * invertible. The inverse solves one increasing function a direction, from the last to the first, numerically and with the
 * derivatives of the implicit function; it looks at the numbers on the way. It starts as the identity.
 *
 * Raw parameters: one `M` by `M` matrix, which has the triangle of `R` and its diagonal on and above its diagonal and that of
 * `R̃` transposed below, then the diagonal of `R̃`, `b`, and what `Q` is made of.
 *
 * Source: van den Berg, Hasenclever, Tomczak, Welling, "Sylvester normalizing flows for variational inference", 2018.
 *
 * @cost forward: formula; inverse: numeric (a search a direction)
 * @throws FlowNumericsError from `inverse`, when a row has not converged after `maxSteps` evaluations.
 */
export class Sylvester extends Amortized {
  static override readonly className = 'Sylvester';
  static override readonly samples = [
    () => new Sylvester({ dims: 3, units: 2 }),
    () => new Sylvester({ dims: 3, basis: 'triangular', flip: true }),
    () => {
      const conditioner = new MLP({
        inputs: 0,
        outputs: 14,
        hidden: [6],
        activation: 'tanh',
        contextShape: [2],
        seed: 3,
      });
      return new Sylvester({ dims: 3, basis: 'householder', units: 2, reflections: 2, conditioner });
    },
  ];

  readonly #basis: SylvesterBasis;
  readonly #inversion: InversionOptions;
  readonly #config: Config;

  /**
   * @throws FlowConfigError for sizes that are no positive integers, more directions than coordinates, an unknown basis, a
   *   conditioner of other sizes, or a search without steps.
   */
  constructor(options: SylvesterOptions) {
    const { dims, basis: name = 'orthogonal', reflections = 8, flip = false } = options;
    checkInteger('Sylvester.dims', dims);
    const units = options.units ?? (name === 'triangular' ? dims : Math.min(dims, MOST_UNITS));
    const basis = sylvesterBasis(name, { dims, units, reflections, flip });
    const stream = RandomStream.from(options.seed ?? 0);
    super(options, () => [...initialTriangles(units), ...basis.start(stream)]);
    this.#basis = basis;
    this.#inversion = givenInversion(options);
    checkInversion('Sylvester', this.#inversion);
    this.#config = { basis: name, units, reflections, flip, seed: stream.key, ...this.#inversion };
  }

  /**
   * The map with these matrices, `Q` as the `orthogonal` basis.
   *
   * @throws FlowConfigError for sizes that do not fit, columns of `q` that are not orthonormal, or diagonals of which an entry is
   *   not within ±0.9999.
   */
  static of({ q, r, rTilde, b }: SylvesterValues, search: InversionOptions = {}): Sylvester {
    const [dims, units] = [q.length, b.length];
    const numbers = [q, r, rTilde].flat(2);
    const count = dims * units + 2 * units * units + units;
    checkNumbers(
      'Sylvester.of',
      [...numbers, ...b],
      count,
      Number.isFinite,
      'finite numbers `q`, `r`, `rTilde` and `b`',
    );
    const diagonals = [r, rTilde].flatMap((matrix) => matrix.map((row, i) => row[i]));
    checkNumbers('Sylvester.of', diagonals, 2 * units, (d) => Math.abs(d) < MOST_DIAGONAL, 'entries of diagonals within ±0.9999'); // prettier-ignore
    for (const [i, j] of b.flatMap((_, i) => b.slice(i).map((__, k) => [i, i + k]))) {
      const product = q.reduce((sum, row) => sum + row[i] * row[j], 0);
      if (Math.abs(product - (i === j ? 1 : 0)) < 1e-4) continue;
      throw new FlowConfigError('Sylvester.of', {
        expected: 'orthonormal columns `q`',
        got: `a product of ${product} of columns ${i} and ${j}`,
      });
    }
    const raw = (entry: number) => Math.atanh(entry / MOST_DIAGONAL);
    const packed = r.flatMap((row, i) => row.map((entry, j) => (j > i ? entry : i === j ? raw(entry) : rTilde[j][i])));
    const sylvester = new Sylvester({ dims, units, ...search });
    sylvester.setParameters([...packed, ...rTilde.map((row, i) => raw(row[i])), ...b, ...q.flat()]);
    return sylvester;
  }

  protected override push(x: Tensor, raw: Tensor): ValueAndLogDet {
    const { columns, right, left, lift, b } = this.#parts(raw);
    const heights = tf.tanh(tf.add(timesRows(columns.project(x), left, true), b));
    const y = tf.add(x, columns.embed(timesRows(heights, right, true)));
    return [y, tf.sum(logTanhSlope(heights, lift), 1)];
  }

  protected override pull(y: Tensor, raw: Tensor): ValueAndLogDet {
    const { columns, right, left, lift, b } = this.#parts(raw);
    const { units } = this.#basis;
    const target = columns.project(y);
    let [solved, heights, logSlopes]: Tensor[][] = [[], [], []];
    for (let i = units - 1; i >= 0; i--) {
      // Coordinate i of the directions depends on those after it, which are known.
      const after = (matrix: Tensor, known: Tensor[]) => {
        if (known.length === 0) return tf.scalar(0);
        const row = tf.slice(matrix, [0, i, i + 1], [-1, 1, units - 1 - i]);
        return tf.sum(tf.mul(tf.squeeze(row, [1]), tf.stack(known, 1)), 1);
      };
      const entry = (matrix: Tensor) => tf.reshape(tf.slice(matrix, [0, i, i], [-1, 1, 1]), [-1]);
      const at = (rows: Tensor) => tf.reshape(tf.slice(rows, [0, i], [-1, 1]), [-1]);
      const constant = tf.add(at(b), after(left, solved));
      const goal = tf.sub(at(target), after(right, heights));
      const [strength, rate, step] = [entry(right), entry(left), at(lift)];
      const curve = (v: Tensor) => {
        const height = tf.tanh(tf.add(tf.mul(rate, v), constant));
        return { value: tf.add(v, tf.mul(strength, height)), logSlope: logTanhSlope(height, step) };
      };
      const { value, logSlope } = invertMonotone('Sylvester.inverse', curve, goal, this.#inversion);
      solved = [value, ...solved];
      heights = [tf.tanh(tf.add(tf.mul(rate, value), constant)), ...heights];
      logSlopes = [...logSlopes, logSlope];
    }
    const moved = columns.embed(timesRows(tf.stack(heights, 1), right, true));
    return [tf.sub(y, moved), tf.neg(tf.addN(logSlopes))];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), ...this.#config };
  }

  /** `R` (`right`) and `R̃` (`left`) as `[rows, units, units]`; `lift = 1 + Rᵢᵢ R̃ᵢᵢ` and `b` as `[rows, units]`. */
  #parts(raw: Tensor) {
    const { count, units } = this.#basis;
    const [packed, leftDiagonal, b, ...ofBasis] = cut(raw, [
      units * units,
      units,
      units,
      ...(count > 0 ? [count] : []),
    ]);
    const square = tf.reshape(packed, [-1, units, units]);
    const unit = tf.eye(units);
    const strict = strictUpper(units);
    const diagonals = [tf.sum(tf.mul(square, unit), 2), leftDiagonal].map((d) => tf.mul(tf.tanh(d), MOST_DIAGONAL));
    const [right, left] = [square, tf.transpose(square, [0, 2, 1])].map((triangle, i) =>
      tf.add(tf.mul(triangle, strict), tf.mul(unit, tf.expandDims(diagonals[i], 2))),
    );
    const lift = tf.add(tf.mul(diagonals[0], diagonals[1]), 1);
    return { columns: this.#basis.columns(ofBasis[0] ?? null), right, left, lift, b };
  }
}

/** Ones above the diagonal of an `n` by `n` matrix. */
function strictUpper(n: number): Tensor {
  return tf.tensor2d(Array.from({ length: n * n }, (_, k) => (k % n > Math.floor(k / n) ? 1 : 0)), [n, n]); // prettier-ignore
}

/** `R = 0`, with which the map is the identity. */
function initialTriangles(units: number): number[] {
  const zeros = (count: number) => Array<number>(count).fill(0);
  const diagonal = Math.atanh(START_DIAGONAL / MOST_DIAGONAL);
  return [...zeros(units * units), ...Array<number>(units).fill(diagonal), ...zeros(units)];
}
