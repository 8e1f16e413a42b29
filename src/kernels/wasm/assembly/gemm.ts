import { madd } from './madd';
import { loadTail } from './tail';

const FLOAT: usize = 4;

/**
 * Matrix product `C[i, j] = bias[j] + Σ_k A[i, k] B[k, j]`, `C` row-major `[m, n]`.
 *
 * Addresses are in bytes, strides in numbers: `A[i, k]` lies at `i aRow + k aStep`, `B[k, j]` at `k bRow + j bStep`, so
 * that transposed operands are a matter of strides.
 *
 * `bias`: `[n]`, or 0 for none. `bMask`: factors on `B`, laid out as `B`, or 0; stretches of `k` in which it is zero for
 * a whole panel of columns are skipped. `cMask`: factors on the result, laid out as `C`, or 0; tiles in which it is zero
 * are not computed. `scratch`: 16 k + 32 numbers.
 */
export function gemm(
  a: usize, aRow: i32, aStep: i32,
  b: usize, bRow: i32, bStep: i32, bMask: usize,
  bias: usize,
  c: usize, cMask: usize,
  m: i32, k: i32, n: i32,
  scratch: usize,
): void {
  product(a, 4 * aRow, aRow, aStep, b, bRow, bStep, bMask, bias, c, cMask, m, k, n, scratch, false);
}

/**
 * As many products as there are matrices in a stack, without bias and masks: those of `A`, `B` and `C` lie `aNext`, `bNext`
 * and `m n` numbers apart.
 */
export function gemmStack(
  count: i32,
  a: usize, aNext: i32, aRow: i32, aStep: i32,
  b: usize, bNext: i32, bRow: i32, bStep: i32,
  c: usize,
  m: i32, k: i32, n: i32,
  scratch: usize,
): void {
  for (let i: i32 = 0; i < count; i++) {
    gemm(a, aRow, aStep, b, bRow, bStep, 0, 0, c, 0, m, k, n, scratch);
    a += <usize>aNext * FLOAT;
    b += <usize>bNext * FLOAT;
    c += <usize>(m * n) * FLOAT;
  }
}

/**
 * As {@link gemm}, with blocks of four rows of `A` that lie `aBlock` numbers apart. `filled`: the last block is filled up
 * with zeros, and may be read whole.
 */
function product(
  a: usize, aBlock: i32, aRow: i32, aStep: i32,
  b: usize, bRow: i32, bStep: i32, bMask: usize,
  bias: usize,
  c: usize, cMask: usize,
  m: i32, k: i32, n: i32,
  scratch: usize,
  filled: bool,
): void {
  const tile = scratch + <usize>k * 16 * FLOAT;
  for (let j: i32 = 0; j < n; j += 8) {
    const columns = min(8, n - j);
    const range = pack(b + <usize>(j * bStep) * FLOAT, bRow, bStep, bMask ? bMask + <usize>(j * bStep) * FLOAT : 0, k, columns, scratch);
    const first = <i32>(range >> 32);
    const depth = <i32>range - first;
    const panel = scratch + <usize>first * 8 * FLOAT;
    const aStart = a + <usize>(first * aStep) * FLOAT;
    let b0 = f32x4.splat(0), b1 = f32x4.splat(0);
    if (bias) {
      if (columns == 8) {
        b0 = v128.load(bias + <usize>j * FLOAT);
        b1 = v128.load(bias + <usize>j * FLOAT, 16);
      } else {
        for (let i: i32 = 0; i < columns; i++) store<f32>(tile + <usize>i * FLOAT, load<f32>(bias + <usize>(j + i) * FLOAT));
        for (let i = columns; i < 8; i++) store<f32>(tile + <usize>i * FLOAT, 0);
        b0 = v128.load(tile);
        b1 = v128.load(tile, 16);
      }
    }
    let i: i32 = 0;
    for (; i + 4 <= m; i += 4) {
      const out = c + <usize>(i * n + j) * FLOAT;
      const outMask = cMask ? cMask + <usize>(i * n + j) * FLOAT : 0;
      if (cMask && isZero(outMask, n, 4, columns)) {
        clear(out, n, 4, columns);
        continue;
      }
      const row = aStart + <usize>((i >> 2) * aBlock) * FLOAT;
      if (columns == 8) {
        if (aStep == 1) rows4(row, <usize>aRow * FLOAT, 4, panel, depth, b0, b1, out, <usize>n * FLOAT);
        else if (aRow == 1 && aStep == 4) rows4(row, 4, 16, panel, depth, b0, b1, out, <usize>n * FLOAT);
        else rows4(row, <usize>aRow * FLOAT, <usize>aStep * FLOAT, panel, depth, b0, b1, out, <usize>n * FLOAT);
      } else {
        if (columns <= 4) rows4half(row, <usize>aRow * FLOAT, <usize>aStep * FLOAT, panel, depth, b0, tile);
        else rows4(row, <usize>aRow * FLOAT, <usize>aStep * FLOAT, panel, depth, b0, b1, tile, 32);
        copyTile(tile, out, n, 4, columns);
      }
      if (cMask) multiply(out, outMask, n, 4, columns);
    }
    if (filled && i < m) {
      const out = c + <usize>(i * n + j) * FLOAT;
      lastRows(aStart + <usize>((i >> 2) * aBlock) * FLOAT, panel, depth, tile);
      copyTile(tile, out, n, m - i, columns);
      if (cMask) multiply(out, cMask + <usize>(i * n + j) * FLOAT, n, m - i, columns);
      continue;
    }
    for (; i < m; i++) {
      const out = c + <usize>(i * n + j) * FLOAT;
      row1(aStart + <usize>((i >> 2) * aBlock + (i & 3) * aRow) * FLOAT, <usize>aStep * FLOAT, panel, depth, b0, b1, tile);
      copyTile(tile, out, n, 1, columns);
      if (cMask) multiply(out, cMask + <usize>(i * n + j) * FLOAT, n, 1, columns);
    }
  }
}

/**
 * `C = (Aᵀ B) ∘ mask` for row-major `A` `[k, m]`, `B` `[k, n]` and `C` `[m, n]`: the gradient of a layer's matrix.
 *
 * The columns of `A` are brought into one piece first, four by four: read where they lie, each number would cost a line
 * of the cache. `mask` is laid out as `C`, or 0. `scratch`: k (m + 3) + 16 k + 32 numbers.
 */
export function gemmTransposed(a: usize, b: usize, c: usize, mask: usize, m: i32, k: i32, n: i32, scratch: usize): void {
  if (n <= 16) {
    // For so few columns it does not pay.
    product(a, 4, 1, m, b, n, 1, 0, 0, c, mask, m, k, n, scratch, false);
    return;
  }
  const blocks = scratch + (<usize>k * 16 + 32) * FLOAT;
  const row = <usize>m * FLOAT;
  let to = blocks;
  for (let i: i32 = 0; i < m; i += 4) {
    let from = a + <usize>i * FLOAT;
    const columns = m - i;
    if (columns >= 4) {
      for (let r: i32 = 0; r < k; r++) {
        v128.store(to, v128.load(from));
        from += row;
        to += 16;
      }
    } else {
      for (let r: i32 = 0; r < k; r++) {
        v128.store(to, loadTail(from, columns));
        from += row;
        to += 16;
      }
    }
  }
  product(blocks, 4 * k, 1, 4, b, n, 1, 0, 0, c, mask, m, k, n, scratch, true);
}

/**
 * Copies up to eight columns of `B` to rows of eight next to each other, filled up with zeros. Returns the first `k` and
 * the one past the last (in the upper and lower half) between which all that is not masked lies.
 */
function pack(b: usize, bRow: i32, bStep: i32, mask: usize, k: i32, columns: i32, panel: usize): i64 {
  if (mask) return packMasked(b, bRow, bStep, mask, k, columns, panel);
  if (columns < 8) {
    const size = <usize>k * 8 * FLOAT;
    memory.fill(panel, 0, size);
  }
  if (bStep == 1 && columns == 8) {
    const row = <usize>bRow * FLOAT;
    for (let i: i32 = 0; i < k; i++) {
      v128.store(panel, v128.load(b));
      v128.store(panel, v128.load(b, 16), 16);
      b += row;
      panel += 32;
    }
  } else if (bRow == 1) {
    packTransposed(b, <usize>bStep * FLOAT, k, columns, panel);
  } else {
    for (let i: i32 = 0; i < k; i++) {
      for (let j: i32 = 0; j < columns; j++) {
        store<f32>(panel + <usize>j * FLOAT, load<f32>(b + <usize>(i * bRow + j * bStep) * FLOAT));
      }
      panel += 32;
    }
  }
  return <i64>k;
}

/** Panels of a matrix whose columns lie in one piece: four by four numbers at a time are turned over. */
function packTransposed(b: usize, column: usize, k: i32, columns: i32, panel: usize): void {
  let i: i32 = 0;
  for (; i + 4 <= k; i += 4) {
    let j: i32 = 0;
    for (; j + 4 <= columns; j += 4) {
      const at = b + <usize>j * column + <usize>i * FLOAT;
      const r0 = v128.load(at), r1 = v128.load(at + column);
      const r2 = v128.load(at + 2 * column), r3 = v128.load(at + 3 * column);
      const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
      const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      const to = panel + <usize>(i * 8 + j) * FLOAT;
      v128.store(to, v128.shuffle<f64>(t0, t1, 0, 2));
      v128.store(to, v128.shuffle<f64>(t0, t1, 1, 3), 32);
      v128.store(to, v128.shuffle<f64>(t2, t3, 0, 2), 64);
      v128.store(to, v128.shuffle<f64>(t2, t3, 1, 3), 96);
    }
    for (; j < columns; j++) {
      for (let r: i32 = 0; r < 4; r++) {
        store<f32>(panel + <usize>((i + r) * 8 + j) * FLOAT, load<f32>(b + <usize>j * column + <usize>(i + r) * FLOAT));
      }
    }
  }
  for (; i < k; i++) {
    for (let j: i32 = 0; j < columns; j++) {
      store<f32>(panel + <usize>(i * 8 + j) * FLOAT, load<f32>(b + <usize>j * column + <usize>i * FLOAT));
    }
  }
}

/** The panel of `B` times that of the mask, which is packed in the same way behind it. */
function packMasked(b: usize, bRow: i32, bStep: i32, mask: usize, k: i32, columns: i32, panel: usize): i64 {
  let factors = panel + <usize>k * 8 * FLOAT;
  pack(b, bRow, bStep, 0, k, columns, panel);
  pack(mask, bRow, bStep, 0, k, columns, factors);
  let first = k, end: i32 = 0;
  for (let i: i32 = 0; i < k; i++) {
    const m0 = v128.load(factors), m1 = v128.load(factors, 16);
    if (v128.any_true(v128.or(m0, m1))) {
      if (first == k) first = i;
      end = i + 1;
    }
    v128.store(panel, f32x4.mul(v128.load(panel), m0));
    v128.store(panel, f32x4.mul(v128.load(panel, 16), m1), 16);
    panel += 32;
    factors += 32;
  }
  if (end == 0) first = 0;
  return (<i64>first << 32) | <i64>end;
}

/** Four rows of `A` times a panel: `out[0 ... 3, 0 ... 7]`, rows of `out` a stride apart. */
// @ts-ignore: decorator
@inline
function rows4(a0: usize, aRow: usize, step: usize, panel: usize, depth: i32, b0: v128, b1: v128, out: usize, outRow: usize): void {
  let a1 = a0 + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
  let c00 = b0, c01 = b1, c10 = b0, c11 = b1;
  let c20 = b0, c21 = b1, c30 = b0, c31 = b1;
  for (let k: i32 = 0; k < depth; k++) {
    const p0 = v128.load(panel);
    const p1 = v128.load(panel, 16);
    panel += 32;
    let a = v128.load_splat<f32>(a0);
    a0 += step;
    c00 = madd(a, p0, c00);
    c01 = madd(a, p1, c01);
    a = v128.load_splat<f32>(a1);
    a1 += step;
    c10 = madd(a, p0, c10);
    c11 = madd(a, p1, c11);
    a = v128.load_splat<f32>(a2);
    a2 += step;
    c20 = madd(a, p0, c20);
    c21 = madd(a, p1, c21);
    a = v128.load_splat<f32>(a3);
    a3 += step;
    c30 = madd(a, p0, c30);
    c31 = madd(a, p1, c31);
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  out += outRow;
  v128.store(out, c10);
  v128.store(out, c11, 16);
  out += outRow;
  v128.store(out, c20);
  v128.store(out, c21, 16);
  out += outRow;
  v128.store(out, c30);
  v128.store(out, c31, 16);
}

/** A block of rows that has been packed. Apart from the loop over all others, which is sensitive to what stands beside it. */
function lastRows(a: usize, panel: usize, depth: i32, out: usize): void {
  rows4(a, 4, 16, panel, depth, f32x4.splat(0), f32x4.splat(0), out, 32);
}

/** Four rows of `A` times the first four columns of a panel; rows of `out` lie eight numbers apart. */
// @ts-ignore: decorator
@inline
function rows4half(a0: usize, aRow: usize, step: usize, panel: usize, depth: i32, b0: v128, out: usize): void {
  let a1 = a0 + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
  let c0 = b0, c1 = b0, c2 = b0, c3 = b0;
  for (let k: i32 = 0; k < depth; k++) {
    const p = v128.load(panel);
    panel += 32;
    c0 = madd(v128.load_splat<f32>(a0), p, c0);
    c1 = madd(v128.load_splat<f32>(a1), p, c1);
    c2 = madd(v128.load_splat<f32>(a2), p, c2);
    c3 = madd(v128.load_splat<f32>(a3), p, c3);
    a0 += step;
    a1 += step;
    a2 += step;
    a3 += step;
  }
  v128.store(out, c0);
  v128.store(out, c1, 32);
  v128.store(out, c2, 64);
  v128.store(out, c3, 96);
}

// @ts-ignore: decorator
@inline
function row1(a: usize, step: usize, panel: usize, depth: i32, b0: v128, b1: v128, out: usize): void {
  let c0 = b0, c1 = b1;
  for (let k: i32 = 0; k < depth; k++) {
    const x = v128.load_splat<f32>(a);
    c0 = madd(x, v128.load(panel), c0);
    c1 = madd(x, v128.load(panel, 16), c1);
    a += step;
    panel += 32;
  }
  v128.store(out, c0);
  v128.store(out, c1, 16);
}

/** From rows of eight numbers to the rows of a matrix with `n` columns. */
// @ts-ignore: decorator
@inline
function copyTile(tile: usize, out: usize, n: i32, rows: i32, columns: i32): void {
  for (let i: i32 = 0; i < rows; i++) {
    for (let j: i32 = 0; j < columns; j++) {
      store<f32>(out + <usize>(i * n + j) * FLOAT, load<f32>(tile + <usize>(i * 8 + j) * FLOAT));
    }
  }
}

function isZero(at: usize, n: i32, rows: i32, columns: i32): bool {
  if (columns == 8) {
    let any = f32x4.splat(0);
    for (let i: i32 = 0; i < rows; i++) {
      const row = at + <usize>(i * n) * FLOAT;
      any = v128.or(any, v128.or(v128.load(row), v128.load(row, 16)));
    }
    return !v128.any_true(any);
  }
  for (let i: i32 = 0; i < rows; i++) {
    for (let j: i32 = 0; j < columns; j++) {
      if (load<f32>(at + <usize>(i * n + j) * FLOAT) != 0) return false;
    }
  }
  return true;
}

function clear(at: usize, n: i32, rows: i32, columns: i32): void {
  for (let i: i32 = 0; i < rows; i++) {
    memory.fill(at + <usize>(i * n) * FLOAT, 0, <usize>columns * FLOAT);
  }
}

function multiply(at: usize, factors: usize, n: i32, rows: i32, columns: i32): void {
  if (columns == 8) {
    for (let i: i32 = 0; i < rows; i++) {
      const row = <usize>(i * n) * FLOAT;
      v128.store(at + row, f32x4.mul(v128.load(at + row), v128.load(factors + row)));
      v128.store(at + row, f32x4.mul(v128.load(at + row, 16), v128.load(factors + row, 16)), 16);
    }
    return;
  }
  for (let i: i32 = 0; i < rows; i++) {
    for (let j: i32 = 0; j < columns; j++) {
      const offset = <usize>(i * n + j) * FLOAT;
      store<f32>(at + offset, load<f32>(at + offset) * load<f32>(factors + offset));
    }
  }
}
