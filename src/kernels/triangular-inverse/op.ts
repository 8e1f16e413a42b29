import * as tf from '@tensorflow/tfjs-core';
import type { GradSaveFunc, Tensor } from '@tensorflow/tfjs-core';

/** Which strict triangle of a matrix is filled. */
export type Triangle = 'lower' | 'upper';

/**
 * `(I + N)⁻¹` of a strictly triangular matrix `N`, `[n, n]`; entries of `N` outside its strict triangle must be zero.
 *
 * Diagonal blocks are inverted level by level: when `X` holds the inverses of all diagonal blocks of size `s` and `B`
 * the entries of `N` that join neighbouring pairs of them, `X - X B X` holds those of size `2s`. That takes
 * `2 ⌈log₂ n⌉` matrix products, and rounding errors grow as in substitution (Higham, "Accuracy and stability of
 * numerical algorithms", 2002, section 14.2), unlike in a product of powers of `N`.
 *
 * Differentiable to any order: with `T = I + N`, `dN = -T⁻ᵀ dY T⁻ᵀ` on the strict triangle.
 */
export function unitTriangularInverse(strict: Tensor, triangle: Triangle): Tensor {
  const n = strict.shape[0];
  return tf.customGrad((input, save) => {
    (save as GradSaveFunc)([input as Tensor]);
    return {
      value: tf.tidy(() => invertByLevels(input as Tensor, n, triangle)),
      gradFunc: (upstream, saved) => {
        const transposed = tf.transpose(unitTriangularInverse(saved[0], triangle));
        const dense = tf.neg(tf.matMul(transposed, tf.matMul(upstream as Tensor, transposed)));
        return [tf.mul(dense, tf.tensor2d(strictMask(n, triangle), [n, n]))];
      },
    };
  })(strict);
}

function invertByLevels(strict: Tensor, n: number, triangle: Triangle): Tensor {
  let inverse: Tensor = tf.eye(n);
  for (let size = 1; size < n; size *= 2) {
    const joining = tf.mul(strict, tf.tensor2d(pairMask(n, size, triangle), [n, n]));
    inverse = tf.sub(inverse, tf.matMul(inverse, tf.matMul(joining, inverse)));
  }
  return inverse;
}

/** Ones where row and column lie in the two halves of one diagonal block of size `2 size`. */
function pairMask(n: number, size: number, triangle: Triangle): Float32Array {
  return maskOf(n, triangle, (row, column) => {
    const [a, b] = [Math.floor(row / size), Math.floor(column / size)];
    return a % 2 === 1 && b === a - 1;
  });
}

function strictMask(n: number, triangle: Triangle): Float32Array {
  return maskOf(n, triangle, (row, column) => row > column);
}

/** A mask given for the lower triangle, transposed for the upper one. */
function maskOf(n: number, triangle: Triangle, inLower: (row: number, column: number) => boolean): Float32Array {
  const mask = new Float32Array(n * n);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < n; column++) {
      const inside = triangle === 'lower' ? inLower(row, column) : inLower(column, row);
      mask[row * n + column] = inside ? 1 : 0;
    }
  }
  return mask;
}
