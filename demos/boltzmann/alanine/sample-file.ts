import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';

/** Molecules that a sample holds. */
const ROWS = 8000;
/** Positions are rounded to this, in nm: an energy changes by some 0.02 kT, and files are smaller. */
const GRID = 2 ** -17;

/**
 * Writes a thinned sample, evenly from all chains: float32, little-endian, 66 positions a molecule, the first atom of each at the origin.
 * The ten bits that rounding leaves empty compress away.
 */
export function writeSample(path: string, chains: readonly Float32Array[]): void {
  const perChain = Math.floor(ROWS / chains.length);
  const rows: number[] = [];
  for (const chain of chains) {
    const length = chain.length / 66;
    for (let i = 0; i < perChain; i++) {
      const from = 66 * Math.floor(((i + 0.5) * length) / perChain);
      for (let k = 0; k < 66; k++) rows.push(Math.round((chain[from + k] - chain[from + (k % 3)]) / GRID) * GRID);
    }
  }
  writeFileSync(path, gzipSync(Float32Array.from(rows), { level: 9 }));
}

/** Reads what {@link writeSample} wrote, `[molecules · 66]`. */
export function readSample(path: string): Float32Array {
  const bytes = gunzipSync(readFileSync(path));
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4).slice();
}
