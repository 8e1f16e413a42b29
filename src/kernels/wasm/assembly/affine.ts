import { madd } from './madd';
import { exp4, log4, sigmoid4, splat, tanh4 } from './math';
import { loadTail, storeTail } from './tail';

/**
 * `value = s x + t`, `logDet = log s`, or the way back, for `count` numbers `x` and pairs of shift `t` and raw scale `u`.
 *
 * `log s = bound tanh(u / bound)`, with a bound of infinity `log s = u`, with one of 0 `s = σ(u + offset) + least`. Address 0 for an output that nobody
 * reads.
 */
export function affine(
  x: usize, raw: usize, value: usize, logDet: usize, count: i32,
  bound: f32, offset: f32, least: f32, inverse: i32,
): void {
  for (let i: i32 = 0; i < count; i += 4) {
    const left = count - i;
    const v = left >= 4 ? v128.load(x) : loadTail(x, left);
    const a = left >= 2 ? v128.load(raw) : loadTail(raw, 2 * left);
    const b = left >= 4 ? v128.load(raw, 16) : loadTail(raw + 16, 2 * left - 4);
    const shift = v128.shuffle<f32>(a, b, 0, 2, 4, 6), u = v128.shuffle<f32>(a, b, 1, 3, 5, 7);
    let l = logScale(u, bound, offset, least);
    if (inverse) l = f32x4.neg(l);
    const s = exp4(l);
    const y = inverse ? f32x4.mul(f32x4.sub(v, shift), s) : madd(v, s, shift);
    if (value) put(value + (<usize>i << 2), y, left);
    if (logDet) put(logDet + (<usize>i << 2), l, left);
    x += 16;
    raw += 32;
  }
}

/** Gradients of {@link affine}; either of them 0 if nobody reads it. */
export function affineGradient(
  x: usize, raw: usize, dValue: usize, dLogDet: usize, dx: usize, dRaw: usize, count: i32,
  bound: f32, offset: f32, least: f32, inverse: i32,
): void {
  for (let i: i32 = 0; i < count; i += 4) {
    const left = count - i;
    const v = left >= 4 ? v128.load(x) : loadTail(x, left);
    const a = left >= 2 ? v128.load(raw) : loadTail(raw, 2 * left);
    const b = left >= 4 ? v128.load(raw, 16) : loadTail(raw + 16, 2 * left - 4);
    const shift = v128.shuffle<f32>(a, b, 0, 2, 4, 6), u = v128.shuffle<f32>(a, b, 1, 3, 5, 7);
    const gValue = left >= 4 ? v128.load(dValue) : loadTail(dValue, left);
    const gLogDet = left >= 4 ? v128.load(dLogDet) : loadTail(dLogDet, left);
    const l = logScale(u, bound, offset, least);
    const scaled = f32x4.mul(gValue, exp4(inverse ? f32x4.neg(l) : l));
    if (dx) put(dx + (<usize>i << 2), scaled, left);
    if (dRaw) {
      let gShift = gValue, gLogScale: v128;
      if (inverse) {
        gShift = f32x4.neg(scaled);
        gLogScale = f32x4.neg(madd(scaled, f32x4.sub(v, shift), gLogDet));
      } else {
        gLogScale = madd(scaled, v, gLogDet);
      }
      const gU = f32x4.mul(gLogScale, logScaleSlope(u, bound, offset, least));
      const to = dRaw + (<usize>i << 3);
      put(to, v128.shuffle<f32>(gShift, gU, 0, 4, 1, 5), 2 * left);
      put(to + 16, v128.shuffle<f32>(gShift, gU, 2, 6, 3, 7), 2 * left - 4);
    }
    x += 16;
    raw += 32;
    dValue += 16;
    dLogDet += 16;
  }
}

// @ts-ignore: decorator
@inline
function logScale(u: v128, bound: f32, offset: f32, least: f32): v128 {
  if (bound == 0) return log4(f32x4.add(sigmoid4(f32x4.add(u, splat(offset))), splat(least)));
  if (bound == Infinity) return u;
  return f32x4.mul(tanh4(f32x4.mul(u, splat(1 / bound))), splat(bound));
}

/** `σ σ(-·) / (σ + least)`, or `1 / cosh² = 4 z / (1 + z)²` with `z = exp(-2 |u| / bound)`. */
// @ts-ignore: decorator
@inline
function logScaleSlope(u: v128, bound: f32, offset: f32, least: f32): v128 {
  if (bound == 0) {
    const moved = f32x4.add(u, splat(offset));
    const share = sigmoid4(moved);
    return f32x4.div(f32x4.mul(share, sigmoid4(f32x4.neg(moved))), f32x4.add(share, splat(least)));
  }
  if (bound == Infinity) return splat(1);
  const z = exp4(f32x4.mul(f32x4.abs(u), splat(-2 / bound)));
  const per = f32x4.div(splat(2), f32x4.add(z, splat(1)));
  return f32x4.mul(z, f32x4.mul(per, per));
}

// @ts-ignore: decorator
@inline
function put(at: usize, x: v128, left: i32): void {
  if (left >= 4) v128.store(at, x);
  else storeTail(at, x, left);
}
