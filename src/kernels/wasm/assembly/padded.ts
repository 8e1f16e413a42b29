import { madd } from './madd';

const FLOAT: usize = 4;

/**
 * Solves a corner-padded convolution with the identity at its corner, pixel by pixel:
 * `x[i, j] = z[i, j] - Σ x[i - u, j - v] K[k - 1 - u, k - 1 - v]` over all `(u, v) ≠ (0, 0)`; in reverse `x[i + u, j + v]`
 * and `Kᵀ`, from the last pixel to the first.
 *
 * Neighbours in one row of an image lie in one piece, so a pixel costs one short product of matrices a row: four images at
 * a time, eight channels at a time. The filter is copied first, to the order in which the neighbours lie.
 *
 * `z`, `x`: `[batch, height, width, c]`; `taps`: `[k, k, c, c]`. `scratch`: k² c (c + 7) numbers.
 */
export function paddedInverse(
  z: usize, taps: usize, x: usize,
  batch: i32, height: i32, width: i32, c: i32, k: i32, reverse: i32,
  scratch: usize,
): void {
  packTaps(taps, scratch, c, k, reverse);
  const pixels = height * width;
  const image = <usize>(pixels * c) * FLOAT;
  for (let first: i32 = 0; first < batch; first += 4) {
    // Past the last image the last one is solved again, to the same numbers.
    const o0 = <usize>first * image;
    const o1 = <usize>min(first + 1, batch - 1) * image;
    const o2 = <usize>min(first + 2, batch - 1) * image;
    const o3 = <usize>min(first + 3, batch - 1) * image;
    for (let step: i32 = 0; step < pixels; step++) {
      const pixel = reverse ? pixels - 1 - step : step;
      solvePixel(z, x, scratch, pixel / width, pixel % width, o0, o1, o2, o3, height, width, c, k, reverse);
    }
  }
}

/** The filter as panels of eight columns, rows in the order of the neighbours' memory. */
function packTaps(taps: usize, panels: usize, c: i32, k: i32, reverse: i32): void {
  const block = c * c;
  for (let column: i32 = 0; column < c; column += 8) {
    for (let tap: i32 = 0; tap < k * k; tap++) {
      const from = taps + <usize>((reverse ? k * k - 1 - tap : tap) * block) * FLOAT;
      for (let row: i32 = 0; row < c; row++) {
        for (let j: i32 = 0; j < 8; j++) {
          const to = column + j;
          let value: f32 = 0;
          if (to < c) value = load<f32>(from + <usize>(reverse ? to * c + row : row * c + to) * FLOAT);
          store<f32>(panels, value);
          panels += FLOAT;
        }
      }
    }
  }
}

/** One pixel of four images that begin at the offsets `o0 ... o3`. */
// @ts-ignore: decorator
@inline
function solvePixel(
  z: usize, x: usize, panels: usize, i: i32, j: i32,
  o0: usize, o1: usize, o2: usize, o3: usize,
  height: i32, width: i32, c: i32, k: i32, reverse: i32,
): void {
  // The window of neighbours begins at this pixel, or ends at it.
  const y0 = reverse ? i : i - k + 1;
  const x0 = reverse ? j : j - k + 1;
  const low = max(0, -x0), high = min(k, width - x0);
  const at = <usize>((i * width + j) * c) * FLOAT;
  for (let column: i32 = 0; column < c; column += 8) {
    const panel = panels + <usize>(column * k * k * c) * FLOAT;
    const offset = at + <usize>column * FLOAT;
    const columns = c - column;
    if (columns <= 4) {
      solveHalf(z, x, panel, offset, columns, y0, x0, low, high, o0, o1, o2, o3, height, width, c, k, reverse);
      return;
    }
    let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00;
    let c20 = c00, c21 = c00, c30 = c00, c31 = c00;
    for (let u: i32 = 0; u < k; u++) {
      const y = y0 + u;
      if (y < 0 || y >= height) continue;
      // The pixel itself is not among its neighbours.
      const begin = reverse && u == 0 ? 1 : low;
      const end = !reverse && u == k - 1 ? k - 1 : high;
      let weights = panel + <usize>((u * k + begin) * c * 8) * FLOAT;
      let a = x + <usize>((y * width + x0 + begin) * c) * FLOAT;
      const last = a + <usize>(max(0, end - begin) * c) * FLOAT;
      for (; a < last; a += FLOAT) {
        const w0 = v128.load(weights), w1 = v128.load(weights, 16);
        weights += 32;
        let s = v128.load_splat<f32>(a + o0);
        c00 = madd(s, w0, c00);
        c01 = madd(s, w1, c01);
        s = v128.load_splat<f32>(a + o1);
        c10 = madd(s, w0, c10);
        c11 = madd(s, w1, c11);
        s = v128.load_splat<f32>(a + o2);
        c20 = madd(s, w0, c20);
        c21 = madd(s, w1, c21);
        s = v128.load_splat<f32>(a + o3);
        c30 = madd(s, w0, c30);
        c31 = madd(s, w1, c31);
      }
    }
    subtract(z, x, offset + o0, c00, c01, columns);
    subtract(z, x, offset + o1, c10, c11, columns);
    subtract(z, x, offset + o2, c20, c21, columns);
    subtract(z, x, offset + o3, c30, c31, columns);
  }
}

/** The last channels of a pixel, four at most: as above with half a panel. */
// @ts-ignore: decorator
@inline
function solveHalf(
  z: usize, x: usize, panel: usize, offset: usize, columns: i32,
  y0: i32, x0: i32, low: i32, high: i32,
  o0: usize, o1: usize, o2: usize, o3: usize,
  height: i32, width: i32, c: i32, k: i32, reverse: i32,
): void {
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
  for (let u: i32 = 0; u < k; u++) {
    const y = y0 + u;
    if (y < 0 || y >= height) continue;
    const begin = reverse && u == 0 ? 1 : low;
    const end = !reverse && u == k - 1 ? k - 1 : high;
    let weights = panel + <usize>((u * k + begin) * c * 8) * FLOAT;
    let a = x + <usize>((y * width + x0 + begin) * c) * FLOAT;
    const last = a + <usize>(max(0, end - begin) * c) * FLOAT;
    for (; a < last; a += FLOAT) {
      const w = v128.load(weights);
      weights += 32;
      c0 = madd(v128.load_splat<f32>(a + o0), w, c0);
      c1 = madd(v128.load_splat<f32>(a + o1), w, c1);
      c2 = madd(v128.load_splat<f32>(a + o2), w, c2);
      c3 = madd(v128.load_splat<f32>(a + o3), w, c3);
    }
  }
  subtractUpToFour(z + offset + o0, x + offset + o0, c0, columns);
  subtractUpToFour(z + offset + o1, x + offset + o1, c1, columns);
  subtractUpToFour(z + offset + o2, x + offset + o2, c2, columns);
  subtractUpToFour(z + offset + o3, x + offset + o3, c3, columns);
}

/** `x = z - sum` for up to eight numbers. */
// @ts-ignore: decorator
@inline
function subtract(z: usize, x: usize, offset: usize, low: v128, high: v128, columns: i32): void {
  if (columns >= 8) {
    v128.store(x + offset, f32x4.sub(v128.load(z + offset), low));
    v128.store(x + offset, f32x4.sub(v128.load(z + offset, 16), high), 16);
  } else {
    subtractUpToFour(z + offset, x + offset, low, columns);
    subtractTail(z + offset + 16, x + offset + 16, high, columns - 4);
  }
}

/** `x = z - sum` for four numbers, or fewer where no more are left. */
// @ts-ignore: decorator
@inline
function subtractUpToFour(z: usize, x: usize, sum: v128, count: i32): void {
  if (count >= 4) v128.store(x, f32x4.sub(v128.load(z), sum));
  else subtractTail(z, x, sum, count);
}

// @ts-ignore: decorator
@inline
function subtractTail(z: usize, x: usize, sum: v128, count: i32): void {
  if (count > 0) store<f32>(x, load<f32>(z) - f32x4.extract_lane(sum, 0));
  if (count > 1) store<f32>(x, load<f32>(z, 4) - f32x4.extract_lane(sum, 1), 4);
  if (count > 2) store<f32>(x, load<f32>(z, 8) - f32x4.extract_lane(sum, 2), 8);
}

/** Turns the gradient of a convolution in its filter into that of its inverse: negative, and zero for the corner tap. */
export function negateTaps(taps: usize, c: i32, k: i32): void {
  const end = taps + <usize>(k * k * c * c) * FLOAT;
  const corner = end - <usize>(c * c) * FLOAT;
  for (; taps < corner; taps += FLOAT) store<f32>(taps, -load<f32>(taps));
  for (; taps < end; taps += FLOAT) store<f32>(taps, 0);
}
