import { GRID } from '../protocol.js';
import type { Plane } from './plane.js';

/**
 * Levels of `log p` above which the given shares of the mass lie: borders of regions of highest density.
 *
 * @param logDensity on cells of equal size
 */
export function massLevels(logDensity: Float32Array, shares: readonly number[]): number[] {
  const sorted = Float32Array.from(logDensity, (value) => (Number.isFinite(value) ? value : -1e9)).sort().reverse();
  const total = sorted.reduce((sum, value) => sum + Math.exp(Math.min(value, 50)), 0);
  return shares.map((share) => {
    let sum = 0;
    for (const value of sorted) if ((sum += Math.exp(Math.min(value, 50))) >= share * total) return value;
    return sorted[sorted.length - 1];
  });
}

/** Draws the line along which the values on the grid have a level, by marching squares. */
export function drawContour(plane: Plane, values: Float32Array, level: number): void {
  const { context, width, height } = plane;
  const x = (column: number) => ((column + 0.5) / GRID) * width;
  const y = (row: number) => (1 - (row + 0.5) / GRID) * height;
  const crossing = (a: number, b: number) => (level - a) / (b - a);
  context.beginPath();
  for (let row = 0; row + 1 < GRID; row++) {
    for (let column = 0; column + 1 < GRID; column++) {
      const at = row * GRID + column;
      const [a, b, c, d] = [values[at], values[at + 1], values[at + GRID + 1], values[at + GRID]];
      const ends: number[] = [];
      if (a > level !== b > level) ends.push(x(column + crossing(a, b)), y(row));
      if (b > level !== c > level) ends.push(x(column + 1), y(row + crossing(b, c)));
      if (c > level !== d > level) ends.push(x(column + crossing(d, c)), y(row + 1));
      if (d > level !== a > level) ends.push(x(column), y(row + crossing(a, d)));
      for (let i = 0; i + 3 < ends.length; i += 4) {
        context.moveTo(ends[i], ends[i + 1]);
        context.lineTo(ends[i + 2], ends[i + 3]);
      }
    }
  }
  context.stroke();
}
