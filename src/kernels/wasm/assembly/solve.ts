import { eliminate, finite, loadMatrix, subtract } from './elimination';

const FLOAT: usize = 4;
const DOUBLE: usize = 8;

/**
 * `x = A⁻¹ b`, or `A⁻ᵀ b` with `adjoint`, for `count` matrices `[n, n]` and right-hand sides `[n, k]`; `b` 0: the identity.
 * `rows`: scratch for `n (n + k)` doubles.
 */
export function solve(a: usize, b: usize, x: usize, count: i32, n: i32, k: i32, adjoint: bool, rows: usize): void {
  const width = n + k;
  const row = <usize>width * DOUBLE;
  const left = <usize>n * DOUBLE;
  const matrixBytes = <usize>(n * n) * FLOAT;
  const rightBytes = <usize>(n * k) * FLOAT;
  for (let matrix: i32 = 0; matrix < count; matrix++) {
    let usable = loadMatrix(a, n, adjoint, rows, width);
    for (let i: i32 = 0; i < n; i++) {
      for (let c: i32 = 0; c < k; c++) {
        const entry = b ? <f64>load<f32>(b + <usize>(i * k + c) * FLOAT) : <f64>(i == c);
        store<f64>(rows + <usize>i * row + left + <usize>c * DOUBLE, entry);
      }
    }
    if (usable) {
      eliminate(rows, n, width, 0);
      usable = substituteBack(rows, n, width);
    }
    for (let i: i32 = 0; i < n; i++) {
      for (let c: i32 = 0; c < k; c++) {
        const value = load<f64>(rows + <usize>i * row + left + <usize>c * DOUBLE);
        store<f32>(x + <usize>(i * k + c) * FLOAT, usable ? <f32>value : NaN);
      }
    }
    if (b) {
      poisonColumns(b, x, n, k);
      b += rightBytes;
    }
    a += matrixBytes;
    x += rightBytes;
  }
}

/** `U⁻¹ Y` in place for rows `[U | Y]`; false when `U` is singular. */
function substituteBack(rows: usize, n: i32, width: i32): bool {
  const row = <usize>width * DOUBLE;
  const left = <usize>n * DOUBLE;
  for (let i: i32 = n - 1; i >= 0; i--) {
    const at = rows + <usize>i * row;
    const pivot = load<f64>(at + <usize>i * DOUBLE);
    if (pivot == 0) return false;
    for (let j: i32 = i + 1; j < n; j++) {
      subtract(at + left, rows + <usize>j * row + left, load<f64>(at + <usize>j * DOUBLE), width - n);
    }
    for (let c: i32 = n; c < width; c++) store<f64>(at + <usize>c * DOUBLE, load<f64>(at + <usize>c * DOUBLE) / pivot);
  }
  return true;
}

/** Writes NaN to the columns of `x` whose column of `b` is not finite. */
export function poisonColumns(b: usize, x: usize, n: i32, k: i32): void {
  for (let c: i32 = 0; c < k; c++) {
    let usable = true;
    for (let i: i32 = 0; i < n; i++) {
      if (!finite(<f64>load<f32>(b + <usize>(i * k + c) * FLOAT))) usable = false;
    }
    if (usable) continue;
    for (let i: i32 = 0; i < n; i++) store<f32>(x + <usize>(i * k + c) * FLOAT, NaN);
  }
}
