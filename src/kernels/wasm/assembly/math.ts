import { madd } from './madd';

// Four float32 numbers at a time. Polynomials are minimax fits in the manner of Cephes; errors stay within two units of
// the last place over the whole range, special values included.

// @ts-ignore: decorator
@inline
export function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/** `mask ? a : b`, lane by lane. */
// @ts-ignore: decorator
@inline
export function select(mask: v128, a: v128, b: v128): v128 {
  return v128.bitselect(a, b, mask);
}

/**
 * `exp x`. With `n` the whole number nearest to `x / log 2`, `exp x = 2ⁿ exp r`, `|r| <= log 2 / 2`. Below -87.34 the
 * result is zero (subnormal results are not made), above 88.73 infinite; NaN stays NaN.
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const n = f32x4.nearest(f32x4.mul(x, splat(1.44269504088896341)));
  let r = madd(n, splat(-0.693359375), x);
  r = madd(n, splat(2.12194440e-4), r);
  let p = madd(splat(1.9875691500e-4), r, splat(1.3981999507e-3));
  p = madd(p, r, splat(8.3334519073e-3));
  p = madd(p, r, splat(4.1665795894e-2));
  p = madd(p, r, splat(1.6666665459e-1));
  p = madd(p, r, splat(5.0000001201e-1));
  p = madd(p, f32x4.mul(r, r), f32x4.add(r, splat(1)));
  // 2ⁿ in two factors: n itself may be 128, beyond the largest exponent.
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  const scale0 = i32x4.shl(i32x4.add(half, i32x4.splat(127)), 23);
  const scale1 = i32x4.shl(i32x4.add(i32x4.sub(whole, half), i32x4.splat(127)), 23);
  let y = f32x4.mul(f32x4.mul(p, scale0), scale1);
  y = select(f32x4.lt(x, splat(-87.33654)), splat(0), y);
  y = select(f32x4.gt(x, splat(88.72284)), splat(Infinity), y);
  return select(f32x4.ne(x, x), x, y);
}

/** `log x`; `-Infinity` at zero, NaN below it. Subnormal numbers count as the smallest normal one. */
// @ts-ignore: decorator
@inline
export function log4(x: v128): v128 {
  const normal = f32x4.max(x, splat(1.17549435e-38));
  // x = 2ᵉ m with m in [√½, √2).
  const shifted = i32x4.sub(normal, i32x4.splat(0x3f3504f3));
  const e = f32x4.convert_i32x4_s(i32x4.shr_s(shifted, 23));
  const m = i32x4.add(v128.and(shifted, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
  const f = f32x4.sub(m, splat(1));
  const z = f32x4.mul(f, f);
  let p = madd(splat(7.0376836292e-2), f, splat(-1.1514610310e-1));
  p = madd(p, f, splat(1.1676998740e-1));
  p = madd(p, f, splat(-1.2420140846e-1));
  p = madd(p, f, splat(1.4249322787e-1));
  p = madd(p, f, splat(-1.6668057665e-1));
  p = madd(p, f, splat(2.0000714765e-1));
  p = madd(p, f, splat(-2.4999993993e-1));
  p = madd(p, f, splat(3.3333331174e-1));
  p = f32x4.mul(f32x4.mul(p, f), z);
  p = madd(e, splat(-2.12194440e-4), p);
  p = madd(z, splat(-0.5), p);
  let y = madd(e, splat(0.693359375), f32x4.add(f, p));
  y = select(f32x4.eq(x, splat(0)), splat(-Infinity), y);
  y = select(f32x4.eq(x, splat(Infinity)), x, y);
  y = select(f32x4.lt(x, splat(0)), splat(NaN), y);
  return select(f32x4.ne(x, x), x, y);
}

/** `log(1 + u)` for `u` in [0, 1]: the rounding of `1 + u` is divided out again. */
// @ts-ignore: decorator
@inline
export function log1pUnit4(u: v128): v128 {
  const w = f32x4.add(u, splat(1));
  const rounded = f32x4.sub(w, splat(1));
  const y = f32x4.div(f32x4.mul(log4(w), u), rounded);
  return select(f32x4.eq(rounded, splat(0)), u, y);
}

/** `log(1 + exp u) = max(u, 0) + log(1 + exp(-|u|))`. */
// @ts-ignore: decorator
@inline
export function softplus4(u: v128): v128 {
  return f32x4.add(f32x4.max(u, splat(0)), log1pUnit4(exp4(f32x4.neg(f32x4.abs(u)))));
}

/** `1 / (1 + exp(-u))`. */
// @ts-ignore: decorator
@inline
export function sigmoid4(u: v128): v128 {
  return f32x4.div(splat(1), f32x4.add(splat(1), exp4(f32x4.neg(u))));
}

/** `tanh u`: an odd polynomial near zero, `1 - 2 / (exp 2|u| + 1)` elsewhere. */
// @ts-ignore: decorator
@inline
export function tanh4(u: v128): v128 {
  const size = f32x4.abs(u);
  const z = f32x4.mul(u, u);
  let p = madd(splat(-5.70498872745e-3), z, splat(2.06390887954e-2));
  p = madd(p, z, splat(-5.37397155531e-2));
  p = madd(p, z, splat(1.33314422036e-1));
  p = madd(p, z, splat(-3.33332819422e-1));
  const near = madd(f32x4.mul(p, z), u, u);
  const far = f32x4.sub(splat(1), f32x4.div(splat(2), f32x4.add(exp4(f32x4.add(size, size)), splat(1))));
  const signed = v128.or(far, v128.and(u, splat(-0.0)));
  return select(f32x4.lt(size, splat(0.625)), near, signed);
}

/** `exp u - 1` for `u <= 0`: `tanh(u / 2) (exp u + 1)`, which does not cancel. */
// @ts-ignore: decorator
@inline
export function expm1Negative4(u: v128): v128 {
  return f32x4.mul(tanh4(f32x4.mul(u, splat(0.5))), f32x4.add(exp4(u), splat(1)));
}

/** `erf x`: a rational function of degree 13 over 8 on [-4, 4], beyond which it is ±1 in float32. */
// @ts-ignore: decorator
@inline
export function erf4(x: v128): v128 {
  const u = f32x4.max(f32x4.min(x, splat(4)), splat(-4));
  const z = f32x4.mul(u, u);
  let p = madd(splat(-2.72614225801306e-10), z, splat(2.77068142495902e-8));
  p = madd(p, z, splat(-2.10102402082508e-6));
  p = madd(p, z, splat(-5.69250639462346e-5));
  p = madd(p, z, splat(-7.34990630326855e-4));
  p = madd(p, z, splat(-2.95459980854025e-3));
  p = madd(p, z, splat(-1.60960333262415e-2));
  let q = madd(splat(-1.45660718464996e-5), z, splat(-2.13374055278905e-4));
  q = madd(q, z, splat(-1.68282697438203e-3));
  q = madd(q, z, splat(-7.37332916720468e-3));
  q = madd(q, z, splat(-1.42647390514189e-2));
  return select(f32x4.ne(x, x), x, f32x4.div(f32x4.mul(u, p), q));
}
