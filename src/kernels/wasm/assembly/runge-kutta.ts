import { madd } from './madd';
import { splat } from './math';
import { loadTail, storeTail } from './tail';

const FLOAT: usize = 4;

/**
 * `out = base + h Σ_j w_j x_j` for `rows` by `width` numbers. `base`: 0 for none. The `x_j` lie `stride` bytes apart,
 * their weights one after the other. `h` is one number, or with `hStep` 1 a number for each row.
 */
export function weightedSum(
  base: usize, x: usize, stride: usize, vectors: i32, weights: usize,
  h: usize, hStep: i32, out: usize, rows: i32, width: i32,
): void {
  if (hStep == 0) return sumRow(base, x, stride, vectors, weights, load<f32>(h), out, rows * width);
  const row = <usize>width * FLOAT;
  for (let i: i32 = 0; i < rows; i++) {
    sumRow(base, x, stride, vectors, weights, load<f32>(h), out, width);
    if (base) base += row;
    x += row;
    out += row;
    h += FLOAT;
  }
}

function sumRow(base: usize, x: usize, stride: usize, vectors: i32, weights: usize, h: f32, out: usize, count: i32): void {
  const factor = splat(h);
  for (let i: i32 = 0; i < count; i += 4) {
    const left = count - i;
    let sum = splat(0);
    let from = x;
    if (left >= 4) {
      for (let j: i32 = 0; j < vectors; j++, from += stride) {
        sum = madd(v128.load(from), v128.load_splat<f32>(weights + (<usize>j << 2)), sum);
      }
      v128.store(out, base ? madd(factor, sum, v128.load(base)) : f32x4.mul(factor, sum));
    } else {
      for (let j: i32 = 0; j < vectors; j++, from += stride) {
        sum = madd(loadTail(from, left), v128.load_splat<f32>(weights + (<usize>j << 2)), sum);
      }
      storeTail(out, base ? madd(factor, sum, loadTail(base, left)) : f32x4.mul(factor, sum), left);
    }
    if (base) base += 16;
    x += 16;
    out += 16;
  }
}

/** `out = t + c h` for `count` times in doubles; the result is in singles. */
export function stageTimes(t: usize, h: usize, c: f64, out: usize, count: i32): void {
  for (let i: i32 = 0; i < count; i++) {
    store<f32>(out + (<usize>i << 2), <f32>(load<f64>(t + (<usize>i << 3)) + c * load<f64>(h + (<usize>i << 3))));
  }
}

/**
 * For each row `share Σ (x / (atol + rtol max(|before|, |after|)))²` over the first `watched` of its `width` numbers, added
 * to what is there or, with `fresh` 1, in place of it.
 */
export function scaledSquares(
  x: usize, before: usize, after: usize, rtol: f32, atol: f32, share: f32, out: usize,
  rows: i32, width: i32, watched: i32, fresh: i32,
): void {
  for (let i: i32 = 0; i < rows; i++) {
    let sum: f32 = 0;
    for (let j: i32 = 0; j < watched; j++) {
      const at = <usize>(i * width + j) * FLOAT;
      const size = max(abs(load<f32>(before + at)), abs(load<f32>(after + at)));
      const ratio = load<f32>(x + at) / (atol + rtol * size);
      sum += ratio * ratio;
    }
    const to = out + <usize>i * FLOAT;
    store<f32>(to, share * sum + (fresh ? <f32>0 : load<f32>(to)));
  }
}

/** `sum ← sum + x` for `count` numbers. */
export function accumulate(sum: usize, x: usize, count: i32): void {
  const end = sum + (<usize>(count & ~3) << 2);
  for (; sum < end; sum += 16, x += 16) v128.store(sum, f32x4.add(v128.load(sum), v128.load(x)));
  if (count & 3) storeTail(sum, f32x4.add(loadTail(sum, count & 3), loadTail(x, count & 3)), count & 3);
}
