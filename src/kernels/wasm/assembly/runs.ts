import { madd } from './madd';

const FLOAT: usize = 4;

/** Short stretches of numbers, for which a call of the engine's own copy would cost more than the copy. */
// @ts-ignore: decorator
@inline
export function copyRun(from: usize, to: usize, count: i32): void {
  let i: i32 = 0;
  for (; i + 4 <= count; i += 4) v128.store(to + <usize>i * FLOAT, v128.load(from + <usize>i * FLOAT));
  if (i == count) return;
  if (count >= 4) {
    // The last four once more, at least one of which is new.
    const last = <usize>(count - 4) * FLOAT;
    v128.store(to + last, v128.load(from + last));
  } else {
    for (; i < count; i++) store<f32>(to + <usize>i * FLOAT, load<f32>(from + <usize>i * FLOAT));
  }
}

// @ts-ignore: decorator
@inline
export function clearRun(to: usize, count: i32): void {
  const zero = f32x4.splat(0);
  let i: i32 = 0;
  for (; i + 4 <= count; i += 4) v128.store(to + <usize>i * FLOAT, zero);
  for (; i < count; i++) store<f32>(to + <usize>i * FLOAT, 0);
}

/** `to += from` */
// @ts-ignore: decorator
@inline
export function addRun(from: usize, to: usize, count: i32): void {
  let i: i32 = 0;
  for (; i + 4 <= count; i += 4) {
    const at = to + <usize>i * FLOAT;
    v128.store(at, f32x4.add(v128.load(at), v128.load(from + <usize>i * FLOAT)));
  }
  for (; i < count; i++) {
    const at = to + <usize>i * FLOAT;
    store<f32>(at, load<f32>(at) + load<f32>(from + <usize>i * FLOAT));
  }
}

/** `to += a b` */
// @ts-ignore: decorator
@inline
export function addProduct(a: usize, b: usize, to: usize, count: i32): void {
  let i: i32 = 0;
  for (; i + 4 <= count; i += 4) {
    const offset = <usize>i * FLOAT;
    v128.store(to + offset, madd(v128.load(a + offset), v128.load(b + offset), v128.load(to + offset)));
  }
  for (; i < count; i++) {
    const offset = <usize>i * FLOAT;
    store<f32>(to + offset, load<f32>(to + offset) + load<f32>(a + offset) * load<f32>(b + offset));
  }
}
