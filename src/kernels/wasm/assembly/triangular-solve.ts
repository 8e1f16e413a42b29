import { finite, subtract } from './elimination';
import { poisonColumns } from './solve';

const FLOAT: usize = 4;
const DOUBLE: usize = 8;

/**
 * `x = T⁻¹ b`, or `T⁻ᵀ b` with `adjoint`, for `count` triangular matrices `[n, n]` and right-hand sides `[n, k]`. `rows`:
 * scratch for `n k` doubles.
 */
export function triangularSolve(
  t: usize, b: usize, x: usize,
  count: i32, n: i32, k: i32,
  lower: bool, adjoint: bool, unitDiagonal: bool,
  rows: usize,
): void {
  const across = adjoint ? <usize>n * FLOAT : FLOAT;
  const down = adjoint ? FLOAT : <usize>n * FLOAT;
  const row = <usize>k * DOUBLE;
  const forward = lower != adjoint;
  const size = <usize>(n * k);
  for (let matrix: i32 = 0; matrix < count; matrix++) {
    for (let i: usize = 0; i < size; i++) store<f64>(rows + i * DOUBLE, <f64>load<f32>(b + i * FLOAT));
    let usable = true;
    for (let step: i32 = 0; step < n; step++) {
      const i = forward ? step : n - 1 - step;
      const at = rows + <usize>i * row;
      const entries = t + <usize>i * down;
      const begin = forward ? 0 : i + 1;
      const end = forward ? i : n;
      for (let j: i32 = begin; j < end; j++) {
        const entry = <f64>load<f32>(entries + <usize>j * across);
        if (!finite(entry)) usable = false;
        subtract(at, rows + <usize>j * row, entry, k);
      }
      if (unitDiagonal) continue;
      const pivot = <f64>load<f32>(entries + <usize>i * across);
      if (!finite(pivot) || pivot == 0) usable = false;
      for (let c: i32 = 0; c < k; c++) store<f64>(at + <usize>c * DOUBLE, load<f64>(at + <usize>c * DOUBLE) / pivot);
    }
    for (let i: usize = 0; i < size; i++) store<f32>(x + i * FLOAT, usable ? <f32>load<f64>(rows + i * DOUBLE) : NaN);
    poisonColumns(b, x, n, k);
    t += <usize>(n * n) * FLOAT;
    b += size * FLOAT;
    x += size * FLOAT;
  }
}
