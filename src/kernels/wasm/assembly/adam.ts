import { madd } from './madd';
import { splat } from './math';
import { loadTail, storeTail } from './tail';

/**
 * Zero in place of what is too small to move a parameter: moments of units that are never active decay until they are
 * subnormal, and arithmetic with such numbers takes many times as long.
 */
// @ts-ignore: decorator
@inline
function withoutTiny(x: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), splat(1e-30)));
}

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
    const mean = withoutTiny(madd(keep1, whole ? v128.load(m) : loadTail(m, rest), f32x4.mul(take1, gradient)));
    const square = withoutTiny(madd(keep2, whole ? v128.load(v) : loadTail(v, rest), f32x4.mul(take2, f32x4.mul(gradient, gradient))));
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

/**
 * One update in place, after a copy of the parameters has been put aside in `previous`. `settings`: factor on the
 * gradient, then the rates in the order in which {@link adam} takes them.
 */
export function adamInPlace(p: usize, m: usize, v: usize, g: usize, previous: usize, count: i32, settings: usize): void {
  memory.copy(previous, p, <usize>count << 2);
  const factor = load<f32>(settings);
  if (factor != 1) {
    for (let i: i32 = 0; i < count; i++) store<f32>(g + (<usize>i << 2), factor * load<f32>(g + (<usize>i << 2)));
  }
  adam(
    p, m, v, g, p, m, v, count,
    load<f32>(settings, 4), load<f32>(settings, 8), load<f32>(settings, 12),
    load<f32>(settings, 16), load<f32>(settings, 20), load<f32>(settings, 24),
  );
}

/** `average ← decay · average + (1 − decay) · p`, the decay read from memory. */
export function follow(average: usize, p: usize, count: i32, setting: usize): void {
  const decay = load<f32>(setting);
  for (let i: i32 = 0; i < count; i++) {
    const at = <usize>i << 2;
    store<f32>(average + at, decay * load<f32>(average + at) + (1 - decay) * load<f32>(p + at));
  }
}
