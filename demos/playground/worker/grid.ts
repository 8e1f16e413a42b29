import { GRID, LATTICE, LATTICE_REACH, type Bounds } from '../protocol.js';

/** Centres of the cells of the grid of densities, x, y, ..., rows from the bottom. */
export function cellCentres({ x0, x1, y0, y1 }: Bounds): Float32Array {
  const points = new Float32Array(2 * GRID * GRID);
  for (let row = 0, at = 0; row < GRID; row++) {
    for (let column = 0; column < GRID; column++) {
      points[at++] = x0 + ((column + 0.5) / GRID) * (x1 - x0);
      points[at++] = y0 + ((row + 0.5) / GRID) * (y1 - y0);
    }
  }
  return points;
}

/** Points of the lattice on the base that shows the map, x, y, ..., rows from the bottom. */
export function latticePoints(): Float32Array {
  const points = new Float32Array(2 * LATTICE * LATTICE);
  const at = (i: number) => LATTICE_REACH * ((2 * i) / (LATTICE - 1) - 1);
  for (let row = 0, i = 0; row < LATTICE; row++) {
    for (let column = 0; column < LATTICE; column++) {
      points[i++] = at(column);
      points[i++] = at(row);
    }
  }
  return points;
}
