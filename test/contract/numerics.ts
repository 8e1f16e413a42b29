import type { Tensor } from '@tensorflow/tfjs-core';

/** The numbers of a tensor, which is then disposed. Asynchronous, as WebGPU can do no other way. */
export async function read(tensor: Tensor): Promise<Float32Array> {
  const values = await tensor.data<'float32'>();
  tensor.dispose();
  return values;
}

/** The largest absolute value; 0 for none. */
export function largestOf(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  return largest;
}

/** `log |det A|` of a square matrix given by rows, by elimination with partial pivoting in double precision. */
export function logAbsDet(rows: readonly ArrayLike<number>[]): number {
  const a = rows.map((row) => Float64Array.from(row));
  if (a.some((row) => row.length !== a.length)) throw new Error(`a Jacobian of ${a.length} x ${a[0].length} numbers`);
  let total = 0;
  for (let k = 0; k < a.length; k++) {
    let pivot = k;
    for (let i = k + 1; i < a.length; i++) if (Math.abs(a[i][k]) > Math.abs(a[pivot][k])) pivot = i;
    [a[k], a[pivot]] = [a[pivot], a[k]];
    total += Math.log(Math.abs(a[k][k]));
    for (let i = k + 1; i < a.length; i++) {
      const factor = a[i][k] / a[k][k];
      for (let j = k; j < a.length; j++) a[i][j] -= factor * a[k][j];
    }
  }
  return total;
}

/** Relative steps tried one after the other: a kink or too much rounding spoils some, a wrong gradient all. */
const STEPS = [0.02, 0.005, 0.001, 0.00025];

/**
 * Compares a derivative with central differences of `loss`, extrapolated from two steps (Richardson).
 *
 * @param at where; the points asked for are rounded to float32 first
 * @param unit length over which the function varies
 * @param losses the function at several points
 * @returns null when they agree, else the differences found
 */
export async function derivativeMismatch(
  derivative: number,
  at: number,
  unit: number,
  losses: (points: readonly number[]) => Promise<readonly number[]>,
  tolerance: number,
): Promise<string | null> {
  const found: number[] = [];
  for (const step of STEPS) {
    const points = [-2, -1, 1, 2].map((side) => Math.fround(at + side * step * unit));
    const values = await losses(points);
    const slope = (a: number, b: number) => (values[b] - values[a]) / (points[b] - points[a]);
    const [narrow, wide] = [slope(1, 2), slope(0, 3)];
    const estimates = [(4 * narrow - wide) / 3, narrow];
    if (estimates.some((estimate) => Math.abs(estimate - derivative) <= tolerance * (1 + Math.abs(derivative)))) {
      return null;
    }
    found.push(...estimates);
  }
  return `gradient ${derivative}, finite differences ${found.join(', ')}`;
}

/** A function at several points, for one that takes them one at a time. */
export function oneByOne(loss: (at: number) => Promise<number>): (points: readonly number[]) => Promise<number[]> {
  return async (points) => {
    const values = [];
    for (const at of points) values.push(await loss(at));
    return values;
  };
}

/** Rounding may differ with the number of rows. */
export function nearly(expected: number): number {
  return 2e-5 * (1 + Math.abs(expected));
}

/** Sums of squares over coordinates round more. */
export function closely(expected: number): number {
  return 1e-4 * (1 + Math.abs(expected));
}
