import type { RandomStream } from '../random.js';

/** Shorter remainders are drawn again: they would be mostly rounding error. */
const SHORTEST = 1e-6;

/**
 * An orthogonal matrix drawn uniformly, in doubles: rows of normal numbers, each made orthogonal to those before it and
 * of length one (Gram-Schmidt, done twice for orthogonality to the last digit).
 */
export function randomOrthogonal(n: number, stream: RandomStream): number[][] {
  const rows: number[][] = [];
  while (rows.length < n) {
    const row = Array.from(stream.normal(n));
    for (let pass = 0; pass < 2; pass++) {
      for (const other of rows) {
        const along = other.reduce((sum, value, i) => sum + value * row[i], 0);
        for (let i = 0; i < n; i++) row[i] -= along * other[i];
      }
    }
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (length > SHORTEST) rows.push(row.map((value) => value / length));
  }
  return rows;
}
