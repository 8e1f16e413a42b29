import { laneMax, laneSum } from './lanes';
import { exp4, splat } from './math';
import { loadTail, storeTail } from './tail';

const FLOAT: usize = 4;

/** `y = exp(x) / Σ exp(x)` of rows of `width` numbers, each less its largest first; `y` may be `x`. */
export function softmax(x: usize, y: usize, rows: i32, width: i32): void {
  const size = <usize>(width & ~3) << 2;
  const rest = width & 3;
  for (let i: i32 = 0; i < rows; i++) {
    let most4 = splat(-Infinity);
    for (let at: usize = 0; at < size; at += 16) most4 = f32x4.max(most4, v128.load(x + at));
    let most = laneMax(most4);
    for (let k: i32 = 0; k < rest; k++) most = max(most, load<f32>(x + size + <usize>k * FLOAT));
    const top = splat(most);
    let sum4 = splat(0);
    for (let at: usize = 0; at < size; at += 16) {
      const e = exp4(f32x4.sub(v128.load(x + at), top));
      v128.store(y + at, e);
      sum4 = f32x4.add(sum4, e);
    }
    let sum = laneSum(sum4);
    if (rest) {
      storeTail(y + size, exp4(f32x4.sub(loadTail(x + size, rest), top)), rest);
      for (let k: i32 = 0; k < rest; k++) sum += load<f32>(y + size + <usize>k * FLOAT);
    }
    const scale = splat(1 / sum);
    for (let at: usize = 0; at < size; at += 16) v128.store(y + at, f32x4.mul(v128.load(y + at), scale));
    if (rest) storeTail(y + size, f32x4.mul(loadTail(y + size, rest), scale), rest);
    x += <usize>width * FLOAT;
    y += <usize>width * FLOAT;
  }
}
