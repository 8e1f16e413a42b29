const FLOAT: usize = 4;

/** Copies a box of `n0 x n1 x n2 x n3` numbers between two layouts given by strides, in numbers. */
export function copy(
  from: usize, to: usize,
  n0: i32, n1: i32, n2: i32, n3: i32,
  f0: i32, f1: i32, f2: i32, f3: i32,
  t0: i32, t1: i32, t2: i32, t3: i32,
): void {
  const whole = f3 == 1 && t3 == 1;
  for (let i0: i32 = 0; i0 < n0; i0++) {
    for (let i1: i32 = 0; i1 < n1; i1++) {
      for (let i2: i32 = 0; i2 < n2; i2++) {
        let source = from + <usize>(i0 * f0 + i1 * f1 + i2 * f2) * FLOAT;
        let target = to + <usize>(i0 * t0 + i1 * t1 + i2 * t2) * FLOAT;
        if (whole && n3 >= 16) {
          memory.copy(target, source, <usize>n3 * FLOAT);
        } else {
          for (let i3: i32 = 0; i3 < n3; i3++) {
            store<f32>(target, load<f32>(source));
            source += <usize>f3 * FLOAT;
            target += <usize>t3 * FLOAT;
          }
        }
      }
    }
  }
}

export function fill(to: usize, count: i32, value: f32): void {
  for (let i: i32 = 0; i < count; i++) store<f32>(to + <usize>i * FLOAT, value);
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
