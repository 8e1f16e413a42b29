import { madd } from './madd';
import { erf4, exp4, sigmoid4, splat } from './math';
import { loadTail, storeTail } from './tail';

// Numbers as in src/kernels/smooth-unit/op.ts.
const GELU = 0, SILU = 1;

const SQRT_HALF: f32 = 0.70710678118654752;
/** `1 / √(2 π)` */
const PEAK: f32 = 0.39894228040143268;

/** `y = x Φ(x)` (gelu) or `x σ(x)` (silu) for `count` numbers. */
export function smoothUnit(kind: i32, x: usize, y: usize, count: i32): void {
  if (kind == GELU) valueLoop(GELU, x, y, count);
  else valueLoop(SILU, x, y, count);
}

/** `dx = dy (F(x) + x F′(x))`. */
export function smoothUnitGradient(kind: i32, x: usize, dy: usize, dx: usize, count: i32): void {
  if (kind == GELU) slopeLoop(GELU, x, dy, dx, count);
  else slopeLoop(SILU, x, dy, dx, count);
}

// @ts-ignore: decorator
@inline
function valueLoop(kind: i32, x: usize, y: usize, count: i32): void {
  const end = x + (<usize>(count & ~3) << 2);
  for (; x < end; x += 16, y += 16) v128.store(y, value(kind, v128.load(x)));
  if (count & 3) storeTail(y, value(kind, loadTail(x, count & 3)), count & 3);
}

// @ts-ignore: decorator
@inline
function slopeLoop(kind: i32, x: usize, dy: usize, dx: usize, count: i32): void {
  const end = x + (<usize>(count & ~3) << 2);
  for (; x < end; x += 16, dy += 16, dx += 16) v128.store(dx, f32x4.mul(v128.load(dy), slope(kind, v128.load(x))));
  const rest = count & 3;
  if (rest) storeTail(dx, f32x4.mul(loadTail(dy, rest), slope(kind, loadTail(x, rest))), rest);
}

// @ts-ignore: decorator
@inline
function value(kind: i32, x: v128): v128 {
  return f32x4.mul(x, kind == GELU ? normalDistribution(x) : sigmoid4(x));
}

// @ts-ignore: decorator
@inline
function slope(kind: i32, x: v128): v128 {
  if (kind == GELU) {
    const density = f32x4.mul(exp4(f32x4.mul(f32x4.mul(x, x), splat(-0.5))), splat(PEAK));
    return madd(x, density, normalDistribution(x));
  }
  const share = sigmoid4(x);
  return f32x4.mul(share, madd(x, f32x4.sub(splat(1), share), splat(1)));
}

/** `Φ(x)`. */
// @ts-ignore: decorator
@inline
function normalDistribution(x: v128): v128 {
  return madd(erf4(f32x4.mul(x, splat(SQRT_HALF))), splat(0.5), splat(0.5));
}
