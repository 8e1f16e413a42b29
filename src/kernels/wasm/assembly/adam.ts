import { madd } from './madd';
import { splat } from './math';
import { loadTail, storeTail } from './tail';

/** One update of Adam; see AdamAttributes for the rates. Results may lie where the inputs do. */
export function adam(
  p: usize, m: usize, v: usize, g: usize,
  nextP: usize, nextM: usize, nextV: usize,
  count: i32,
  beta1: f32, beta2: f32, stepSize: f32, rootScale: f32, epsilon: f32, decay: f32,
): void {
  const keep1 = splat(beta1), take1 = splat(1 - beta1);
  const keep2 = splat(beta2), take2 = splat(1 - beta2);
  for (let i: i32 = 0; i < count; i += 4) {
    const rest = count - i;
    const whole = rest >= 4;
    const gradient = whole ? v128.load(g) : loadTail(g, rest);
    const mean = madd(keep1, whole ? v128.load(m) : loadTail(m, rest), f32x4.mul(take1, gradient));
    const square = madd(keep2, whole ? v128.load(v) : loadTail(v, rest), f32x4.mul(take2, f32x4.mul(gradient, gradient)));
    const root = madd(f32x4.sqrt(square), splat(rootScale), splat(epsilon));
    const move = f32x4.div(f32x4.mul(mean, splat(stepSize)), root);
    const parameters = f32x4.sub(f32x4.mul(whole ? v128.load(p) : loadTail(p, rest), splat(decay)), move);
    if (whole) {
      v128.store(nextM, mean);
      v128.store(nextV, square);
      v128.store(nextP, parameters);
    } else {
      storeTail(nextM, mean, rest);
      storeTail(nextV, square, rest);
      storeTail(nextP, parameters, rest);
    }
    p += 16; m += 16; v += 16; g += 16;
    nextP += 16; nextM += 16; nextV += 16;
  }
}
