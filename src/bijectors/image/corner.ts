import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import type { Padding } from '../../kernels/convolution/op.js';

/** Where the zeros of a padded convolution are, which is where the pixels lie that each pixel reads beside itself. */
export type Corner = 'topLeft' | 'topRight' | 'bottomLeft' | 'bottomRight';

/** All corners, row by row. */
export const CORNERS: readonly Corner[] = ['topLeft', 'topRight', 'bottomLeft', 'bottomRight'];

/** @throws FlowConfigError for anything that is not a {@link Corner}. */
export function checkCorner(where: string, corner: Corner): void {
  if (CORNERS.includes(corner)) return;
  throw new FlowConfigError(where, { expected: `corner: one of ${CORNERS.join(', ')}`, got: `'${String(corner)}'` });
}

/** `size - 1` zeros on the two sides that meet in a corner. */
export function cornerPadding(corner: Corner, size: number): Padding {
  const { rows, columns } = flips(corner);
  return {
    top: rows ? 0 : size - 1,
    bottom: rows ? size - 1 : 0,
    left: columns ? 0 : size - 1,
    right: columns ? size - 1 : 0,
  };
}

/** The tap `[row, column]` of a kernel that reads the pixel itself. */
export function cornerTap(corner: Corner, size: number): [number, number] {
  const { rows, columns } = flips(corner);
  return [rows ? 0 : size - 1, columns ? 0 : size - 1];
}

/**
 * The mirror image that takes a corner to the top left one, of images (axes 1 and 2) or of kernels (axes 0 and 1). It is its own
 * inverse.
 */
export function flipToTopLeft(x: Tensor, corner: Corner, rowAxis: 0 | 1): Tensor {
  const { rows, columns } = flips(corner);
  const axes = [...(rows ? [rowAxis] : []), ...(columns ? [rowAxis + 1] : [])];
  return axes.length > 0 ? tf.reverse(x, axes) : x;
}

function flips(corner: Corner): { rows: boolean; columns: boolean } {
  return { rows: corner.startsWith('bottom'), columns: corner.endsWith('Right') };
}
