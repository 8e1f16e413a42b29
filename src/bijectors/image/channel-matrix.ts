import type { Tensor } from '@tensorflow/tfjs-core';
import { Module } from '../../module.js';

/**
 * A trained matrix `W` that mixes the channels of a pixel, `z = W x`, in a form that keeps it invertible and gives its
 * determinant away.
 */
export abstract class ChannelMatrix extends Module {
  /** `W`, `[channels, channels]`: row `o` makes output channel `o`. */
  abstract matrix(): Tensor;

  /** `W⁻¹`. */
  abstract inverseMatrix(): Tensor;

  /** `log |det W|`, a scalar. */
  abstract logAbsDet(): Tensor;
}

/** Rows of the identity. */
export function identityRows(n: number): number[][] {
  return Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => (i === j ? 1 : 0)));
}

/** Entries strictly below or above the diagonal, row by row. */
export function strictEntries(rows: readonly (readonly number[])[], triangle: 'lower' | 'upper'): number[] {
  return rows.flatMap((row, i) => (triangle === 'lower' ? row.slice(0, i) : row.slice(i + 1)));
}
