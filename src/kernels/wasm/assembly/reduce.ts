import { splat } from './math';

const FLOAT: usize = 4;

/** `out[j] = Σ_i x[i, j]` for row-major `x`, `[rows, columns]`. */
export function sumRows(x: usize, out: usize, rows: i32, columns: i32): void {
  const row = <usize>columns * FLOAT;
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
