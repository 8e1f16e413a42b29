import { madd } from './madd';
import { exp4, expm1Negative4, select, sigmoid4, softplus4, splat, tanh4 } from './math';
import { loadTail, storeTail } from './tail';

// Numbers as in ACTIVATION_CODES.
export const IDENTITY = 0, RELU = 1, LEAKY_RELU = 2, ELU = 3, TANH = 4, SIGMOID = 5, SOFTPLUS = 6;

/** `y ← φ(y)` for `count` numbers. */
export function activate(kind: i32, y: usize, count: i32): void {
  // A loop each: the choice is made once, and constants stay in registers.
  switch (kind) {
    case RELU: return activateLoop(RELU, y, count);
    case LEAKY_RELU: return activateLoop(LEAKY_RELU, y, count);
    case ELU: return activateLoop(ELU, y, count);
    case TANH: return activateLoop(TANH, y, count);
    case SIGMOID: return activateLoop(SIGMOID, y, count);
    case SOFTPLUS: return activateLoop(SOFTPLUS, y, count);
  }
}

// @ts-ignore: decorator
@inline
function activateLoop(kind: i32, y: usize, count: i32): void {
  const end = y + (<usize>(count & ~3) << 2);
  for (; y < end; y += 16) v128.store(y, value(kind, v128.load(y)));
  if (count & 3) storeTail(y, anyValue(kind, loadTail(y, count & 3)), count & 3);
}

/** `g = dy φ′`, the derivative found from `y = φ(u)`. */
export function activationGradient(kind: i32, y: usize, dy: usize, g: usize, count: i32): void {
  switch (kind) {
    case IDENTITY: return gradientLoop(IDENTITY, y, dy, g, count);
    case RELU: return gradientLoop(RELU, y, dy, g, count);
    case LEAKY_RELU: return gradientLoop(LEAKY_RELU, y, dy, g, count);
    case ELU: return gradientLoop(ELU, y, dy, g, count);
    case TANH: return gradientLoop(TANH, y, dy, g, count);
    case SIGMOID: return gradientLoop(SIGMOID, y, dy, g, count);
    case SOFTPLUS: return gradientLoop(SOFTPLUS, y, dy, g, count);
  }
}

// @ts-ignore: decorator
@inline
function gradientLoop(kind: i32, y: usize, dy: usize, g: usize, count: i32): void {
  const end = y + (<usize>(count & ~3) << 2);
  for (; y < end; y += 16, dy += 16, g += 16) v128.store(g, scaled(kind, v128.load(dy), v128.load(y)));
  const rest = count & 3;
  if (rest) storeTail(g, f32x4.mul(loadTail(dy, rest), anySlope(kind, loadTail(y, rest))), rest);
}

/** `dy φ′`. */
// @ts-ignore: decorator
@inline
function scaled(kind: i32, dy: v128, y: v128): v128 {
  if (kind == RELU) return v128.and(dy, f32x4.gt(y, splat(0)));
  return f32x4.mul(dy, slope(kind, y));
}

/** `φ(u)`; for loops that know the kind. */
// @ts-ignore: decorator
@inline
export function value(kind: i32, u: v128): v128 {
  switch (kind) {
    case RELU: return f32x4.max(u, splat(0));
    case LEAKY_RELU: return select(f32x4.gt(u, splat(0)), u, f32x4.mul(u, splat(0.01)));
    case ELU: return select(f32x4.gt(u, splat(0)), u, expm1Negative4(u));
    case TANH: return tanh4(u);
    case SIGMOID: return sigmoid4(u);
    case SOFTPLUS: return softplus4(u);
    default: return u;
  }
}

/** `φ′` in terms of `y = φ(u)`; for loops that know the kind. */
// @ts-ignore: decorator
@inline
export function slope(kind: i32, y: v128): v128 {
  switch (kind) {
    case RELU: return select(f32x4.gt(y, splat(0)), splat(1), splat(0));
    case LEAKY_RELU: return select(f32x4.gt(y, splat(0)), splat(1), splat(0.01));
    case ELU: return select(f32x4.gt(y, splat(0)), splat(1), f32x4.add(y, splat(1)));
    case TANH: return f32x4.sub(splat(1), f32x4.mul(y, y));
    case SIGMOID: return f32x4.mul(y, f32x4.sub(splat(1), y));
    case SOFTPLUS: return softplusSlope(y);
    default: return splat(1);
  }
}

/** `1 - exp(-y)` for `y >= 0`: by its series below 1/8, where the difference cancels. */
// @ts-ignore: decorator
@inline
function softplusSlope(y: v128): v128 {
  let p = madd(y, splat(<f32>(1.0 / 120)), splat(<f32>(-1.0 / 24)));
  p = madd(p, y, splat(<f32>(1.0 / 6)));
  p = madd(p, y, splat(-0.5));
  const near = madd(f32x4.mul(p, y), y, y);
  return select(f32x4.lt(y, splat(0.125)), near, f32x4.sub(splat(1), exp4(f32x4.neg(y))));
}

/** {@link value}, in one place: for what is left at the end of a loop. */
export function anyValue(kind: i32, u: v128): v128 {
  return value(kind, u);
}

/** {@link slope}, likewise. */
export function anySlope(kind: i32, y: v128): v128 {
  return slope(kind, y);
}
