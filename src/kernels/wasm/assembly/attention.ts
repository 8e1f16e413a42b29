import { gemm, gemmTransposed } from './gemm';
import { laneMax, laneSum } from './lanes';
import { exp4, splat } from './math';
import { loadTail, storeTail } from './tail';

const FLOAT: usize = 4;

/** Queries at a time, as in src/kernels/attention/wasm.ts. */
const BLOCK: i32 = 64;

/**
 * `y = softmax(q kᵀ / √d) v` for `count` heads: `q` and `y` `[n, d]` each, `k` and `v` `[m, d]`. `causal`: query `i` sees
 * the positions up to `m - n + i`. `scratch`: 64 m numbers, and those of a product of depth max(d, m).
 */
export function attention(
  q: usize, k: usize, v: usize, y: usize,
  count: i32, n: i32, m: i32, d: i32,
  causal: i32,
  scratch: usize,
): void {
  const space = scratch + <usize>(BLOCK * m) * FLOAT;
  for (let head: i32 = 0; head < count; head++) {
    for (let first: i32 = 0; first < n; first += BLOCK) {
      const rows = min(BLOCK, n - first);
      const keys = causal ? m - n + first + rows : m;
      const at = <usize>(first * d) * FLOAT;
      weigh(q + at, k, scratch, rows, keys, d, causal, space);
      gemm(scratch, keys, 1, v, d, 1, 0, 0, y + at, 0, rows, keys, d, space);
    }
    q += <usize>(n * d) * FLOAT;
    y += <usize>(n * d) * FLOAT;
    k += <usize>(m * d) * FLOAT;
    v += <usize>(m * d) * FLOAT;
  }
}

/**
 * Gradients of {@link attention}; those whose address is 0 are left out. `scratch`: (128 + d) m numbers, and those of the
 * products: of depth max(d, m), and of 64 rows transposed.
 */
export function attentionGradient(
  q: usize, k: usize, v: usize, dy: usize,
  dq: usize, dk: usize, dv: usize,
  count: i32, n: i32, m: i32, d: i32,
  causal: i32,
  scratch: usize,
): void {
  const slopes = scratch + <usize>(BLOCK * m) * FLOAT;
  const part = slopes + <usize>(BLOCK * m) * FLOAT;
  const space = part + <usize>(m * d) * FLOAT;
  const asked = <usize>(n * d) * FLOAT;
  const known = <usize>(m * d) * FLOAT;
  for (let head: i32 = 0; head < count; head++) {
    for (let first: i32 = 0; first < n; first += BLOCK) {
      const rows = min(BLOCK, n - first);
      const keys = causal ? m - n + first + rows : m;
      const at = <usize>(first * d) * FLOAT;
      weigh(q + at, k, scratch, rows, keys, d, causal, space);
      if (dv) addTransposed(scratch, dy + at, dv, first, rows, keys, m, d, part, space);
      if (dq || dk) {
        gemm(dy + at, d, 1, v, 1, d, 0, 0, slopes, 0, rows, d, keys, space);
        pullBack(scratch, slopes, rows, keys, d);
        if (dq) gemm(slopes, keys, 1, k, d, 1, 0, 0, dq + at, 0, rows, keys, d, space);
        if (dk) addTransposed(slopes, q + at, dk, first, rows, keys, m, d, part, space);
      }
    }
    q += asked;
    dy += asked;
    k += known;
    v += known;
    if (dq) dq += asked;
    if (dk) dk += known;
    if (dv) dv += known;
  }
}

/** `softmax(q kᵀ / √d)`, `[rows, keys]`. `causal`: the last row sees all keys, each before it one less. */
function weigh(q: usize, k: usize, out: usize, rows: i32, keys: i32, d: i32, causal: i32, space: usize): void {
  gemm(q, d, 1, k, 1, d, 0, 0, out, 0, rows, d, keys, space);
  const scale: f32 = 1 / sqrt(<f32>d);
  for (let i: i32 = 0; i < rows; i++) {
    const seen = causal ? keys - rows + i + 1 : keys;
    softmax(out, seen, scale);
    memory.fill(out + <usize>seen * FLOAT, 0, <usize>(keys - seen) * FLOAT);
    out += <usize>keys * FLOAT;
  }
}

/** `x ← exp(scale (x - max x)) / Σ …` for `count` numbers. */
function softmax(x: usize, count: i32, scale: f32): void {
  const whole = x + (<usize>(count & ~3) << 2);
  const rest = count & 3;
  let most = load<f32>(x);
  let most4 = splat(most);
  for (let at = x; at < whole; at += 16) most4 = f32x4.max(most4, v128.load(at));
  for (let i: i32 = 0; i < rest; i++) most = max(most, load<f32>(whole + <usize>i * FLOAT));
  const largest = splat(max(most, laneMax(most4)));
  const factor = splat(scale);
  let sum4 = splat(0);
  for (let at = x; at < whole; at += 16) {
    const power = exp4(f32x4.mul(f32x4.sub(v128.load(at), largest), factor));
    sum4 = f32x4.add(sum4, power);
    v128.store(at, power);
  }
  let sum = laneSum(sum4);
  if (rest) {
    storeTail(whole, exp4(f32x4.mul(f32x4.sub(loadTail(whole, rest), largest), factor)), rest);
    for (let i: i32 = 0; i < rest; i++) sum += load<f32>(whole + <usize>i * FLOAT);
  }
  const share = splat(1 / sum);
  for (let at = x; at < whole; at += 16) v128.store(at, f32x4.mul(v128.load(at), share));
  if (rest) storeTail(whole, f32x4.mul(loadTail(whole, rest), share), rest);
}

/** From gradients `g` of weights `p` to those of `q kᵀ`, in place: `p (g - Σ p g) / √d`, row by row. */
function pullBack(p: usize, g: usize, rows: i32, keys: i32, d: i32): void {
  const scale = splat(1 / sqrt(<f32>d));
  const size = <usize>(keys & ~3) << 2;
  const rest = keys & 3;
  for (let i: i32 = 0; i < rows; i++) {
    let sum4 = splat(0);
    for (let at: usize = 0; at < size; at += 16) {
      sum4 = f32x4.add(sum4, f32x4.mul(v128.load(p + at), v128.load(g + at)));
    }
    if (rest) sum4 = f32x4.add(sum4, f32x4.mul(loadTail(p + size, rest), loadTail(g + size, rest)));
    const mean = splat(laneSum(sum4));
    for (let at: usize = 0; at < size; at += 16) {
      v128.store(g + at, f32x4.mul(f32x4.mul(v128.load(p + at), f32x4.sub(v128.load(g + at), mean)), scale));
    }
    if (rest) {
      const last = f32x4.mul(f32x4.mul(loadTail(p + size, rest), f32x4.sub(loadTail(g + size, rest), mean)), scale);
      storeTail(g + size, last, rest);
    }
    p += <usize>keys * FLOAT;
    g += <usize>keys * FLOAT;
  }
}

/**
 * Adds `aᵀ b` to the first `keys` of the `m` rows of `sum`: `a` `[rows, keys]`, `b` `[rows, d]`. The first block of queries
 * begins the sum.
 */
function addTransposed(
  a: usize, b: usize, sum: usize,
  first: i32, rows: i32, keys: i32, m: i32, d: i32,
  part: usize, space: usize,
): void {
  if (first == 0) {
    gemmTransposed(a, b, sum, 0, keys, rows, d, space);
    memory.fill(sum + <usize>(keys * d) * FLOAT, 0, <usize>((m - keys) * d) * FLOAT);
    return;
  }
  gemmTransposed(a, b, part, 0, keys, rows, d, space);
  const count = keys * d;
  const end = part + (<usize>(count & ~3) << 2);
  for (; part < end; part += 16, sum += 16) v128.store(sum, f32x4.add(v128.load(sum), v128.load(part)));
  for (let i: i32 = 0; i < (count & 3); i++) {
    const at = <usize>i * FLOAT;
    store<f32>(sum + at, load<f32>(sum + at) + load<f32>(part + at));
  }
}
