import { laneMax, laneSum } from './lanes';
import { madd } from './madd';
import { splat } from './math';
import { loadTail, storeTail } from './tail';

const FLOAT: usize = 4;

/**
 * `y = (x - mean) / √(mean (x - mean)² + ε) ∘ gain + bias`, row by row of `width` numbers; without the mean unless
 * `center`.
 */
export function rowNorm(x: usize, gain: usize, bias: usize, y: usize, rows: i32, width: i32, center: i32, epsilon: f32): void {
  const size = <usize>(width & ~3) << 2;
  const rest = width & 3;
  for (let i: i32 = 0; i < rows; i++) {
    const shrink: f32 = 1 / largest(x, width);
    const mean: f32 = center ? meanOf(x, width, shrink) : 0;
    const factor = factorOf(x, width, shrink, mean, epsilon);
    const scale = splat(shrink), shift = splat(-mean), rate = splat(factor);
    for (let at: usize = 0; at < size; at += 16) {
      const normal = f32x4.mul(f32x4.add(f32x4.mul(v128.load(x + at), scale), shift), rate);
      v128.store(y + at, madd(normal, v128.load(gain + at), v128.load(bias + at)));
    }
    if (rest) {
      const normal = f32x4.mul(f32x4.add(f32x4.mul(loadTail(x + size, rest), scale), shift), rate);
      storeTail(y + size, madd(normal, loadTail(gain + size, rest), loadTail(bias + size, rest)), rest);
    }
    x += <usize>width * FLOAT;
    y += <usize>width * FLOAT;
  }
}

/** Gradients of {@link rowNorm}; that of `x` only if `whole`. */
export function rowNormGradient(
  x: usize, gain: usize, dy: usize,
  dx: usize, dGain: usize, dBias: usize,
  rows: i32, width: i32, center: i32, epsilon: f32, whole: i32,
): void {
  const size = <usize>(width & ~3) << 2;
  const rest = width & 3;
  const row = <usize>width * FLOAT;
  memory.fill(dGain, 0, row);
  memory.fill(dBias, 0, row);
  for (let i: i32 = 0; i < rows; i++) {
    const shrink: f32 = 1 / largest(x, width);
    const mean: f32 = center ? meanOf(x, width, shrink) : 0;
    const factor = factorOf(x, width, shrink, mean, epsilon);
    const scale = splat(shrink), shift = splat(-mean), rate = splat(factor);
    let sum4 = splat(0), along4 = splat(0);
    for (let at: usize = 0; at < size; at += 16) {
      const normal = f32x4.mul(f32x4.add(f32x4.mul(v128.load(x + at), scale), shift), rate);
      const upstream = v128.load(dy + at);
      const g = f32x4.mul(upstream, v128.load(gain + at));
      sum4 = f32x4.add(sum4, g);
      along4 = madd(g, normal, along4);
      v128.store(dGain + at, madd(upstream, normal, v128.load(dGain + at)));
      v128.store(dBias + at, f32x4.add(upstream, v128.load(dBias + at)));
    }
    if (rest) {
      const normal = f32x4.mul(f32x4.add(f32x4.mul(loadTail(x + size, rest), scale), shift), rate);
      const upstream = loadTail(dy + size, rest);
      const g = f32x4.mul(upstream, loadTail(gain + size, rest));
      sum4 = f32x4.add(sum4, g);
      along4 = madd(g, normal, along4);
      storeTail(dGain + size, madd(upstream, normal, loadTail(dGain + size, rest)), rest);
      storeTail(dBias + size, f32x4.add(upstream, loadTail(dBias + size, rest)), rest);
    }
    if (whole) {
      const centre = splat(center ? laneSum(sum4) / <f32>width : 0);
      const along = splat(laneSum(along4) / <f32>width);
      const back = splat(factor * shrink);
      for (let at: usize = 0; at < size; at += 16) {
        const normal = f32x4.mul(f32x4.add(f32x4.mul(v128.load(x + at), scale), shift), rate);
        const g = f32x4.sub(f32x4.mul(v128.load(dy + at), v128.load(gain + at)), centre);
        v128.store(dx + at, f32x4.mul(f32x4.sub(g, f32x4.mul(normal, along)), back));
      }
      if (rest) {
        const normal = f32x4.mul(f32x4.add(f32x4.mul(loadTail(x + size, rest), scale), shift), rate);
        const g = f32x4.sub(f32x4.mul(loadTail(dy + size, rest), loadTail(gain + size, rest)), centre);
        storeTail(dx + size, f32x4.mul(f32x4.sub(g, f32x4.mul(normal, along)), back), rest);
      }
      dx += row;
    }
    x += row;
    dy += row;
  }
}

/** `max(1, |x|)` over a row. */
function largest(x: usize, width: i32): f32 {
  const whole = x + (<usize>(width & ~3) << 2);
  let most = splat(1);
  for (; x < whole; x += 16) most = f32x4.max(most, f32x4.abs(v128.load(x)));
  most = f32x4.max(most, f32x4.abs(loadTail(x, width & 3)));
  return laneMax(most);
}

/** The mean of a row times `shrink`. */
function meanOf(x: usize, width: i32, shrink: f32): f32 {
  const whole = x + (<usize>(width & ~3) << 2);
  const scale = splat(shrink);
  let sum = f32x4.mul(loadTail(whole, width & 3), scale);
  for (; x < whole; x += 16) sum = f32x4.add(sum, f32x4.mul(v128.load(x), scale));
  return laneSum(sum) / <f32>width;
}

/** What brings a row times `shrink`, less `mean`, to mean square 1. */
function factorOf(x: usize, width: i32, shrink: f32, mean: f32, epsilon: f32): f32 {
  const whole = x + (<usize>(width & ~3) << 2);
  const scale = splat(shrink), shift = splat(-mean);
  let sum = splat(0);
  for (; x < whole; x += 16) {
    const centred = f32x4.add(f32x4.mul(v128.load(x), scale), shift);
    sum = madd(centred, centred, sum);
  }
  let squares = laneSum(sum);
  for (let i: i32 = 0; i < (width & 3); i++) {
    const centred = load<f32>(x + <usize>i * FLOAT) * shrink - mean;
    squares += centred * centred;
  }
  return 1 / sqrt(squares / <f32>width + epsilon * shrink * shrink);
}
