import { eliminate, loadMatrix } from './elimination';

const FLOAT: usize = 4;
const DOUBLE: usize = 8;

/** Sign and `log |det A|` of `count` matrices `[n, n]`; an output at 0 is not written. `rows`: scratch for `n²` doubles. */
export function slogdet(a: usize, signs: usize, logs: usize, count: i32, n: i32, rows: usize): void {
  for (let matrix: i32 = 0; matrix < count; matrix++) {
    let sign: f64 = NaN;
    let log: f64 = NaN;
    if (loadMatrix(a, n, false, rows, n)) {
      sign = eliminate(rows, n, n, 0);
      // The product of the pivots as mantissa · 2^exponent, so that one logarithm a matrix is enough.
      let mantissa: f64 = 1;
      let exponent: i64 = 0;
      for (let i: i32 = 0; i < n; i++) {
        const pivot = load<f64>(rows + <usize>(i * (n + 1)) * DOUBLE);
        if (pivot == 0) {
          sign = 0;
          break;
        }
        if (pivot < 0) sign = -sign;
        const bits = reinterpret<u64>(mantissa * Math.abs(pivot));
        exponent += <i64>(bits >> 52) - 1023;
        mantissa = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
      }
      log = sign == 0 ? -Infinity : <f64>exponent * 0.6931471805599453 + logOfMantissa(mantissa);
    }
    if (signs) store<f32>(signs + <usize>matrix * FLOAT, <f32>sign);
    if (logs) store<f32>(logs + <usize>matrix * FLOAT, <f32>log);
    a += <usize>(n * n) * FLOAT;
  }
}

/** `log m` for `m` in [1, 2): `2 artanh s` with `s = (m - 1) / (m + 1)`, after bringing `m` to [√½, √2). */
function logOfMantissa(m: f64): f64 {
  let log: f64 = 0;
  if (m > Math.SQRT2) {
    m *= 0.5;
    log = 0.6931471805599453;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let sum: f64 = 0;
  for (let k: i32 = 19; k >= 1; k -= 2) sum = sum * z + 1 / <f64>k;
  return log + 2 * s * sum;
}
