// Elimination on rows of doubles, `width` of them a row; see src/kernels/elimination/cpu.ts, which does the same.

const FLOAT: usize = 4;
const DOUBLE: usize = 8;

/** A difference no larger than this part of its first operand counts as zero. */
const CANCELLED: f64 = 2.2737367544323206e-13; // 2⁻⁴²

/** Whether `x` is neither NaN nor infinite. */
// @ts-ignore: decorator
@inline
export function finite(x: f64): bool {
  return x - x == 0;
}

/** Copies a matrix `[n, n]` of floats, transposed if `adjoint`, to the left of the rows. Returns whether it is finite. */
export function loadMatrix(a: usize, n: i32, adjoint: bool, rows: usize, width: i32): bool {
  let allFinite = true;
  const across = adjoint ? <usize>n * FLOAT : FLOAT;
  const down = adjoint ? FLOAT : <usize>n * FLOAT;
  for (let i: i32 = 0; i < n; i++) {
    let from = a + <usize>i * down;
    let to = rows + <usize>(i * width) * DOUBLE;
    for (let j: i32 = 0; j < n; j++) {
      const entry = <f64>load<f32>(from);
      if (!finite(entry)) allFinite = false;
      store<f64>(to, entry);
      from += across;
      to += DOUBLE;
    }
  }
  return allFinite;
}

/**
 * `P A = L U` in place for the first `n` columns, multipliers below the diagonal; further columns go through the same
 * steps. `order` (floats, or 0) becomes the original index of each row. Returns the sign of the permutation.
 */
export function eliminate(rows: usize, n: i32, width: i32, order: usize): f64 {
  const row = <usize>width * DOUBLE;
  let sign: f64 = 1;
  if (order) for (let i: i32 = 0; i < n; i++) store<f32>(order + <usize>i * FLOAT, <f32>i);
  for (let j: i32 = 0; j < n; j++) {
    const top = rows + <usize>j * row;
    const column = <usize>j * DOUBLE;
    let chosen = top;
    let largest = Math.abs(load<f64>(top + column));
    const end = rows + <usize>n * row;
    for (let at = top + row; at < end; at += row) {
      const size = Math.abs(load<f64>(at + column));
      if (size > largest) {
        largest = size;
        chosen = at;
      }
    }
    if (largest == 0) continue;
    if (chosen != top) {
      sign = -sign;
      for (let c: usize = 0; c < row; c += DOUBLE) {
        const other = load<f64>(chosen + c);
        store<f64>(chosen + c, load<f64>(top + c));
        store<f64>(top + c, other);
      }
      if (order) {
        const a = order + <usize>j * FLOAT;
        const b = order + (chosen - rows) / row * FLOAT;
        const other = load<f32>(b);
        store<f32>(b, load<f32>(a));
        store<f32>(a, other);
      }
    }
    const pivot = load<f64>(top + column);
    for (let at = top + row; at < end; at += row) {
      const factor = load<f64>(at + column) / pivot;
      store<f64>(at + column, factor);
      subtractRow(at + column + DOUBLE, top + column + DOUBLE, factor, width - j - 1);
    }
  }
  return sign;
}

/** `to -= factor from` for `count` doubles, with zeros where that cancels. */
// @ts-ignore: decorator
@inline
function subtractRow(to: usize, from: usize, factor: f64, count: i32): void {
  const factors = f64x2.splat(factor);
  const part = f64x2.splat(CANCELLED);
  const end = to + (<usize>(count & ~1) << 3);
  for (; to < end; to += 16, from += 16) {
    const entry = v128.load(to);
    const rest = f64x2.sub(entry, f64x2.mul(factors, v128.load(from)));
    const cancelled = f64x2.le(f64x2.abs(rest), f64x2.mul(part, f64x2.abs(entry)));
    v128.store(to, v128.andnot(rest, cancelled));
  }
  if (count & 1) {
    const entry = load<f64>(to);
    const rest = entry - factor * load<f64>(from);
    store<f64>(to, Math.abs(rest) <= CANCELLED * Math.abs(entry) ? 0 : rest);
  }
}

/** `to -= factor from` for `count` doubles. */
// @ts-ignore: decorator
@inline
export function subtract(to: usize, from: usize, factor: f64, count: i32): void {
  const factors = f64x2.splat(factor);
  const end = to + (<usize>(count & ~1) << 3);
  for (; to < end; to += 16, from += 16) {
    v128.store(to, f64x2.sub(v128.load(to), f64x2.mul(factors, v128.load(from))));
  }
  if (count & 1) store<f64>(to, load<f64>(to) - factor * load<f64>(from));
}
