import { FlowConfigError, FlowDataError, FlowShapeError } from '../../errors.js';
import { RandomStream, type Seed } from '../../random.js';

/** A point of the plane. */
export type Point = readonly [x: number, y: number];

/**
 * A two-dimensional density that can be drawn from and whose exact value is known: call it to draw, ask it for
 * {@link Toy.logDensity} to learn how well a model could possibly do.
 *
 * @example
 * const train = twoMoons(10_000, { seed: 'train' }); // Float32Array of 20,000 numbers: x, y, x, y, ...
 * const best = twoMoons.logDensity(train); // log p of each row, in nats
 */
export interface Toy {
  /**
   * `n` independent draws, row by row: `[n * 2]`.
   *
   * @throws FlowConfigError when `n` is not a count or the seed is missing.
   */
  (n: number, options: { readonly seed: Seed }): Float32Array;
  /** What a picture of it is called. */
  readonly title: string;
  /**
   * Exact `log p` of each row, in nats, computed in double precision; minus infinity where the density is zero.
   *
   * @param points `[n * 2]`, row by row
   * @returns `[n]`
   * @throws FlowShapeError when the numbers do not come in pairs, FlowDataError when one is not finite.
   */
  readonly logDensity: (points: ArrayLike<number>) => Float64Array;
}

/** What tells one toy from another. */
export interface ToyDefinition {
  readonly name: string;
  readonly title: string;
  /** One draw. */
  readonly draw: (stream: RandomStream) => Point;
  /** `log p(x, y)` in nats. */
  readonly logDensityAt: (x: number, y: number) => number;
}

/** Wraps the mathematics of a toy in the checks and loops that all of them share. */
export function defineToy({ name, title, draw, logDensityAt }: ToyDefinition): Toy {
  const drawRows = (n: number, { seed }: { readonly seed: Seed } = {} as { seed: Seed }): Float32Array => {
    if (!Number.isInteger(n) || n < 0) {
      throw new FlowConfigError(name, { expected: 'n: a whole number of draws', got: String(n) });
    }
    if (seed === undefined) {
      throw new FlowConfigError(name, {
        expected: '`seed`: a string, a number or a RandomStream',
        got: 'none',
        hint: 'Randomness is always explicit here.',
      });
    }
    const stream = RandomStream.from(seed);
    const rows = new Float32Array(2 * n);
    for (let i = 0; i < n; i++) rows.set(draw(stream), 2 * i);
    return rows;
  };

  const logDensity = (points: ArrayLike<number>): Float64Array => {
    const where = `${name}.logDensity`;
    if (points.length % 2 !== 0) {
      throw new FlowShapeError(where, {
        expected: 'points as pairs x, y, x, y, ...',
        got: `${points.length} numbers`,
        hint: 'Pass the rows flattened, such as `tensor.dataSync()` of shape [n, 2].',
      });
    }
    return Float64Array.from({ length: points.length / 2 }, (_, i) => {
      const [x, y] = [points[2 * i], points[2 * i + 1]];
      if (!Number.isFinite(x) || !Number.isFinite(y)) {
        throw new FlowDataError(where, { expected: 'finite points', got: `(${x}, ${y}) in row ${i}`, rows: [i] });
      }
      return logDensityAt(x, y);
    });
  };

  return Object.assign(drawRows, { title, logDensity });
}
