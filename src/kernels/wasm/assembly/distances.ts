import { laneSum } from './lanes';
import { madd } from './madd';
import { splat } from './math';
import { loadTail, storeTail } from './tail';

const FLOAT: usize = 4;

/**
 * `y[b, i] = min(Σ_j weights[j] (x[b, j] - points[i, j])², most)` for row-major `x`, `[rows, width]`, and `points`,
 * `[count, width]`. `scratch` has room for `width` rows of `count` numbers, rounded up to whole vectors.
 */
export function squaredDistances(
  x: usize, points: usize, weights: usize, y: usize,
  rows: i32, count: i32, width: i32, most: f32, scratch: usize,
): void {
  const stride = <usize>((count + 3) & ~3) * FLOAT;
  const size = <usize>(count & ~3) * FLOAT;
  const rest = count & 3;
  toColumns(points, scratch, count, width, stride);
  const limit = splat(most);
  for (let b: i32 = 0; b < rows; b++) {
    let at: usize = 0;
    for (; at + 32 <= size; at += 32) {
      let s0 = splat(0), s1 = splat(0);
      let column = scratch + at;
      for (let j: usize = 0; j < <usize>width; j++) {
        const entry = v128.load_splat<f32>(x + j * FLOAT);
        const weight = v128.load_splat<f32>(weights + j * FLOAT);
        const d0 = f32x4.sub(entry, v128.load(column)), d1 = f32x4.sub(entry, v128.load(column, 16));
        s0 = madd(f32x4.mul(d0, weight), d0, s0);
        s1 = madd(f32x4.mul(d1, weight), d1, s1);
        column += stride;
      }
      v128.store(y + at, f32x4.min(s0, limit));
      v128.store(y + at, f32x4.min(s1, limit), 16);
    }
    for (; at < stride; at += 16) {
      let s = splat(0);
      let column = scratch + at;
      for (let j: usize = 0; j < <usize>width; j++) {
        const d = f32x4.sub(v128.load_splat<f32>(x + j * FLOAT), v128.load(column));
        s = madd(f32x4.mul(d, v128.load_splat<f32>(weights + j * FLOAT)), d, s);
        column += stride;
      }
      s = f32x4.min(s, limit);
      if (at < size) v128.store(y + at, s);
      else storeTail(y + at, s, rest);
    }
    x += <usize>width * FLOAT;
    y += <usize>count * FLOAT;
  }
}

/**
 * Gradients of {@link squaredDistances} from `dy`, `[rows, count]`. `scratch` has room for twice as much: the columns, and
 * their gradients.
 */
export function squaredDistancesGradient(
  x: usize, points: usize, weights: usize, dy: usize,
  dx: usize, dPoints: usize, dWeights: usize,
  rows: i32, count: i32, width: i32, scratch: usize,
): void {
  const stride = <usize>((count + 3) & ~3) * FLOAT;
  const size = <usize>(count & ~3) * FLOAT;
  const rest = count & 3;
  const slopes = scratch + <usize>width * stride;
  toColumns(points, scratch, count, width, stride);
  memory.fill(slopes, 0, <usize>width * stride);
  memory.fill(dWeights, 0, <usize>width * FLOAT);
  for (let b: i32 = 0; b < rows; b++) {
    const last = rest ? loadTail(dy + size, rest) : splat(0);
    let column = scratch, slope = slopes;
    for (let j: usize = 0; j < <usize>width * FLOAT; j += FLOAT) {
      const entry = v128.load_splat<f32>(x + j);
      let sum = splat(0), squares = splat(0);
      for (let at: usize = 0; at < stride; at += 16) {
        const g = at < size ? v128.load(dy + at) : last;
        const d = f32x4.sub(entry, v128.load(column + at));
        const along = f32x4.mul(g, d);
        sum = f32x4.add(sum, along);
        squares = madd(along, d, squares);
        v128.store(slope + at, f32x4.sub(v128.load(slope + at), along));
      }
      store<f32>(dx + j, 2 * load<f32>(weights + j) * laneSum(sum));
      store<f32>(dWeights + j, load<f32>(dWeights + j) + laneSum(squares));
      column += stride;
      slope += stride;
    }
    x += <usize>width * FLOAT;
    dx += <usize>width * FLOAT;
    dy += <usize>count * FLOAT;
  }
  for (let j: usize = 0; j < <usize>width; j++) {
    const factor: f32 = 2 * load<f32>(weights + j * FLOAT);
    let to = dPoints + j * FLOAT;
    for (let i: usize = 0; i < <usize>count; i++) {
      store<f32>(to, factor * load<f32>(slopes + j * stride + i * FLOAT));
      to += <usize>width * FLOAT;
    }
  }
}

/** Points as columns `stride` bytes apart, with zeros after the last. */
function toColumns(points: usize, to: usize, count: i32, width: i32, stride: usize): void {
  memory.fill(to, 0, <usize>width * stride);
  for (let i: usize = 0; i < <usize>count; i++) {
    let column = to + i * FLOAT;
    for (let j: i32 = 0; j < width; j++) {
      store<f32>(column, load<f32>(points));
      points += FLOAT;
      column += stride;
    }
  }
}
