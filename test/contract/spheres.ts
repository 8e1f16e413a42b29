import type { UnitVectors } from '../../src/unit-vectors.js';

/** Rows of `width` numbers with their unit vectors made so; zero becomes the first axis. */
export function normalised(rows: Float32Array, width: number, [start, end]: UnitVectors): Float32Array {
  const result = Float32Array.from(rows);
  for (let at = 0; at < rows.length; at += width) {
    const vector = result.subarray(at + start, at + end);
    const length = Math.hypot(...vector);
    if (length === 0) vector[0] = 1;
    else vector.forEach((value, i) => (vector[i] = value / length));
  }
  return result;
}

/**
 * Orthonormal directions in which a point can move, each as long as the point: all axes, but for unit vectors only those
 * across.
 */
export function tangents(point: Float32Array, width: number, vectors: UnitVectors | null): number[][] {
  const directions: number[][] = [];
  for (let at = 0; at < point.length; at += width) {
    const [start, end] = vectors ?? [0, 0];
    const basis = [Array.from(point.subarray(at + start, at + end))];
    for (let i = 0; i < width; i++) {
      const direction = Array<number>(point.length).fill(0);
      if (i < start || i >= end) {
        direction[at + i] = 1;
        directions.push(direction);
        continue;
      }
      const across = orthogonalised(i - start, basis);
      if (basis.length > end - start || !across) continue;
      basis.push(across);
      across.forEach((value, j) => (direction[at + start + j] = value));
      directions.push(direction);
    }
  }
  return directions;
}

/** An axis without its parts along some orthonormal vectors, of length 1; null when little is left of it. */
function orthogonalised(axis: number, basis: readonly number[][]): number[] | null {
  const dims = basis[0].length;
  const vector = Array<number>(dims).fill(0).with(axis, 1);
  for (const other of basis) {
    const along = vector.reduce((sum, value, i) => sum + value * other[i], 0);
    other.forEach((value, i) => (vector[i] -= along * value));
  }
  const length = Math.hypot(...vector);
  // Some axis is at least this far from the span of fewer vectors than there are axes.
  return length < 0.5 / Math.sqrt(dims) ? null : vector.map((value) => value / length);
}
