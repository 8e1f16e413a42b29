import { laneSum } from './lanes';
import { splat } from './math';

const FLOAT: usize = 4;

/** `out[j] = Σ_i x[i, j]` for row-major `x`, `[rows, columns]`. */
export function sumRows(x: usize, out: usize, rows: i32, columns: i32): void {
  sumRowsApart(x, columns, out, rows, columns);
}

/** As {@link sumRows}, for rows that lie `stride` numbers apart. */
export function sumRowsApart(x: usize, stride: i32, out: usize, rows: i32, columns: i32): void {
  const row = <usize>stride * FLOAT;
  let j: i32 = 0;
  for (; j + 16 <= columns; j += 16) {
    let s0 = splat(0), s1 = splat(0), s2 = splat(0), s3 = splat(0);
    let at = x + <usize>j * FLOAT;
    for (let i: i32 = 0; i < rows; i++) {
      s0 = f32x4.add(s0, v128.load(at));
      s1 = f32x4.add(s1, v128.load(at, 16));
      s2 = f32x4.add(s2, v128.load(at, 32));
      s3 = f32x4.add(s3, v128.load(at, 48));
      at += row;
    }
    const to = out + <usize>j * FLOAT;
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
  }
  for (; j + 4 <= columns; j += 4) {
    let s = splat(0);
    let at = x + <usize>j * FLOAT;
    for (let i: i32 = 0; i < rows; i++) {
      s = f32x4.add(s, v128.load(at));
      at += row;
    }
    v128.store(out + <usize>j * FLOAT, s);
  }
  for (; j < columns; j++) {
    let s: f32 = 0;
    let at = x + <usize>j * FLOAT;
    for (let i: i32 = 0; i < rows; i++) {
      s += load<f32>(at);
      at += row;
    }
    store<f32>(out + <usize>j * FLOAT, s);
  }
}

/** `out[o, i] = scale Σ_k x[o, k, i]`. */
export function sumAxis(x: usize, out: usize, outer: i32, length: i32, inner: i32, scale: f32): void {
  for (let o: i32 = 0; o < outer; o++) {
    if (inner == 1) {
      store<f32>(out, scale * sumOf(x, length));
    } else {
      sumRows(x, out, length, inner);
      if (scale != 1) for (let i: i32 = 0; i < inner; i++) store<f32>(out + <usize>i * FLOAT, scale * load<f32>(out + <usize>i * FLOAT));
    }
    x += <usize>(length * inner) * FLOAT;
    out += <usize>inner * FLOAT;
  }
}

function sumOf(x: usize, count: i32): f32 {
  let sum: f32 = 0;
  const end = x + <usize>count * FLOAT;
  if (count >= 8) {
    let s = splat(0);
    const whole = x + (<usize>(count & ~3) << 2);
    for (; x < whole; x += 16) s = f32x4.add(s, v128.load(x));
    sum = laneSum(s);
  }
  for (; x < end; x += FLOAT) sum += load<f32>(x);
  return sum;
}

/**
 * `out = Σ_l weights[l] x_l` for vectors `x_l` that lie `stride` bytes apart, and in `squares` (a double) the sum of the
 * squares of the result.
 */
export function combine(x: usize, stride: usize, vectors: i32, weights: usize, out: usize, count: i32, squares: usize): void {
  let total: f64 = 0;
  let i: i32 = 0;
  for (; i + 4 <= count; i += 4) {
    let from = x;
    let sum = splat(0);
    for (let l: i32 = 0; l < vectors; l++) {
      sum = f32x4.add(sum, f32x4.mul(v128.load(from), v128.load_splat<f32>(weights + (<usize>l << 2))));
      from += stride;
    }
    v128.store(out, sum);
    const low = f64x2.promote_low_f32x4(sum);
    const high = f64x2.promote_low_f32x4(v128.shuffle<f64>(sum, sum, 1, 1));
    const square = f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high));
    total += f64x2.extract_lane(square, 0) + f64x2.extract_lane(square, 1);
    x += 16;
    out += 16;
  }
  for (; i < count; i++) {
    let from = x;
    let sum: f32 = 0;
    for (let l: i32 = 0; l < vectors; l++) {
      sum += load<f32>(from) * load<f32>(weights + (<usize>l << 2));
      from += stride;
    }
    store<f32>(out, sum);
    total += <f64>sum * <f64>sum;
    x += FLOAT;
    out += FLOAT;
  }
  store<f64>(squares, total);
}
