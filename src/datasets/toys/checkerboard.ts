import type { RandomStream } from '../../random.js';
import { defineToy } from './toy.js';

/**
 * Uniform on the eight like-coloured squares of a 4 x 4 board with squares of side 2, centred on the origin: the
 * density is 1/32 there and zero elsewhere.
 *
 * `x ~ U(-2, 2)`, `u ~ U(0, 1)`, `b` is 0 or 1, `y = u - 2b + (⌊x⌋ mod 2)`; the point is `(2x, 2y)`.
 */
export const checkerboard = defineToy({
  name: 'checkerboard',
  title: 'checkerboard',
  draw(stream) {
    const x = -2 + 4 * coarseUniform(stream);
    const y = coarseUniform(stream) - 2 * stream.nextInteger(2) + parity(x);
    return [2 * x, 2 * y];
  },
  logDensityAt(x, y) {
    const onBoard = x >= -4 && x < 4 && y >= -4 && y < 4;
    return onBoard && parity(x / 2) === parity(y / 2) ? -Math.log(32) : -Infinity;
  },
});

/** Whether the square that a coordinate falls in is even (0) or odd (1); squares contain their lower edge. */
function parity(coordinate: number): number {
  return Math.abs(Math.floor(coordinate)) % 2;
}

/** Uniform on [0, 1) in steps of 2⁻²², so that float32 holds every point exactly and none is rounded over an edge. */
function coarseUniform(stream: RandomStream): number {
  return stream.nextInteger(2 ** 22) * 2 ** -22;
}
