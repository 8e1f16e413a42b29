import { copyRun } from './runs';

const FLOAT: usize = 4;
/** Runs from which on the engine's own copy is faster. */
const LONG_RUN: i32 = 64;

/** Copies a box of `n0 x n1 x n2 x n3` numbers between two layouts given by strides, in numbers. */
export function copy(
  from: usize, to: usize,
  n0: i32, n1: i32, n2: i32, n3: i32,
  f0: i32, f1: i32, f2: i32, f3: i32,
  t0: i32, t1: i32, t2: i32, t3: i32,
): void {
  const whole = f3 == 1 && t3 == 1;
  const sourceStep = <usize>f2 * FLOAT, targetStep = <usize>t2 * FLOAT;
  for (let i0: i32 = 0; i0 < n0; i0++) {
    for (let i1: i32 = 0; i1 < n1; i1++) {
      let source = from + <usize>(i0 * f0 + i1 * f1) * FLOAT;
      let target = to + <usize>(i0 * t0 + i1 * t1) * FLOAT;
      for (let i2: i32 = 0; i2 < n2; i2++) {
        if (!whole) copyApart(source, f3, target, t3, n3);
        else if (n3 >= LONG_RUN) memory.copy(target, source, <usize>n3 * FLOAT);
        else copyRun(source, target, n3);
        source += sourceStep;
        target += targetStep;
      }
    }
  }
}

/** Numbers with a stride between them. */
// @ts-ignore: decorator
@inline
function copyApart(source: usize, sourceStep: i32, target: usize, targetStep: i32, count: i32): void {
  for (let i: i32 = 0; i < count; i++) {
    store<f32>(target, load<f32>(source));
    source += <usize>sourceStep * FLOAT;
    target += <usize>targetStep * FLOAT;
  }
}

export function fill(to: usize, count: i32, value: f32): void {
  const values = f32x4.splat(value);
  let i: i32 = 0;
  for (; i + 4 <= count; i += 4) v128.store(to + <usize>i * FLOAT, values);
  for (; i < count; i++) store<f32>(to + <usize>i * FLOAT, value);
}

/** `out[o, k, i] = x[o, indices[k], i]`; `length`: that of the axis in `x`. */
export function gather(x: usize, indices: usize, out: usize, outer: i32, count: i32, inner: i32, length: i32): void {
  const row = <usize>(length * inner) * FLOAT;
  const part = <usize>inner * FLOAT;
  for (let o: i32 = 0; o < outer; o++) {
    if (inner == 1) {
      for (let k: i32 = 0; k < count; k++) {
        store<f32>(out, load<f32>(x + (<usize>load<i32>(indices + (<usize>k << 2)) << 2)));
        out += FLOAT;
      }
    } else {
      for (let k: i32 = 0; k < count; k++) {
        memory.copy(out, x + <usize>load<i32>(indices + (<usize>k << 2)) * part, part);
        out += part;
      }
    }
    x += row;
  }
}
