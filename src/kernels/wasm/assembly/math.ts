import { madd } from './madd';

// Four float32 numbers at a time. Polynomials are minimax fits in the manner of Cephes; errors of exp and log stay within two
// units of the last place over the whole range, those of the others within four to eight, special values included.

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

/** 1.5 · 2²³: added to a number below 2²² it leaves the nearest whole number in the lowest bits of the sum. */
const ROUNDER: f32 = 12582912;

/**
 * `exp x`. With `n` the whole number nearest to `x / log 2`, `exp x = 2ⁿ exp r`, `|r| <= log 2 / 2`. Below -87.34 the
 * result is zero (subnormal results are not made), above 88.72 infinite; NaN stays NaN.
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const shifted = madd(x, splat(1.44269504088896341), splat(ROUNDER));
  const n = f32x4.sub(shifted, splat(ROUNDER));
  let r = madd(n, splat(-0.693359375), x);
  r = madd(n, splat(2.12194440e-4), r);
  let p = madd(splat(1.9875691500e-4), r, splat(1.3981999507e-3));
  p = madd(p, r, splat(8.3334519073e-3));
  p = madd(p, r, splat(4.1665795894e-2));
  p = madd(p, r, splat(1.6666665459e-1));
  p = madd(p, r, splat(5.0000001201e-1));
  p = madd(p, f32x4.mul(r, r), f32x4.add(r, splat(1)));
  // Times 2ⁿ by way of the exponent, which cannot leave its range between the two limits.
  let y = i32x4.add(p, i32x4.shl(shifted, 23));
  y = v128.andnot(y, f32x4.lt(x, splat(-87.33654)));
  y = select(f32x4.gt(x, splat(88.72283)), splat(Infinity), y);
  return keepNaN(y, x);
}

/** `2ˣ` for `x <= 0`; below -126 as at -126. */
// @ts-ignore: decorator
@inline
export function exp2Negative4(x: v128): v128 {
  const least = f32x4.pmax(x, splat(-126));
  const shifted = f32x4.add(least, splat(ROUNDER));
  const f = f32x4.sub(least, f32x4.sub(shifted, splat(ROUNDER)));
  let p = madd(splat(1.5353362e-4), f, splat(1.3398874e-3));
  p = madd(p, f, splat(9.6184369e-3));
  p = madd(p, f, splat(5.5503324e-2));
  p = madd(p, f, splat(2.4022648e-1));
  p = madd(p, f, splat(6.9314718e-1));
  p = madd(p, f, splat(1));
  return keepNaN(i32x4.add(p, i32x4.shl(shifted, 23)), x);
}

/** `log x`; `-Infinity` at zero, NaN below it. Subnormal numbers count as the smallest normal one. */
// @ts-ignore: decorator
@inline
export function log4(x: v128): v128 {
  let y = logNormal4(f32x4.pmax(x, splat(1.17549435e-38)));
  y = select(f32x4.eq(x, splat(0)), splat(-Infinity), y);
  y = select(f32x4.eq(x, splat(Infinity)), x, y);
  return keepNaN(v128.or(y, f32x4.lt(x, splat(0))), x);
}

/** `log x` for positive normal numbers; nothing sensible for others. */
// @ts-ignore: decorator
@inline
export function logNormal4(x: v128): v128 {
  // x = 2ᵉ m with m in [√½, √2).
  const shifted = i32x4.sub(x, i32x4.splat(0x3f3504f3));
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
  return madd(e, splat(0.693359375), f32x4.add(f, p));
}

/** `y`, except where `x` is NaN: there all bits are set, which is NaN too. */
// @ts-ignore: decorator
@inline
export function keepNaN(y: v128, x: v128): v128 {
  return v128.or(y, f32x4.ne(x, x));
}

/** `log(1 + u) = 2 artanh s`, `s = u / (2 + u)`, for `u` in [0, 1]: relatively exact down to zero. */
// @ts-ignore: decorator
@inline
export function log1pUnit4(u: v128): v128 {
  const s = f32x4.div(u, f32x4.add(u, splat(2)));
  const z = f32x4.mul(s, s);
  let p = madd(splat(1.40059933e-1), z, splat(1.40009031e-1));
  p = madd(p, z, splat(2.00107634e-1));
  p = madd(p, z, splat(3.33332092e-1));
  const twice = f32x4.add(s, s);
  return madd(f32x4.mul(p, z), twice, twice);
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

/** `tanh u`: a rational function of degree 13 over 6 on [-8.2, 8.2], beyond which it is ±1 in float32. */
// @ts-ignore: decorator
@inline
export function tanh4(u: v128): v128 {
  const x = f32x4.pmax(f32x4.pmin(u, splat(8.2)), splat(-8.2));
  const z = f32x4.mul(x, x);
  let p = madd(splat(-2.76076847742355e-16), z, splat(2.00018790482477e-13));
  p = madd(p, z, splat(-8.60467152213735e-11));
  p = madd(p, z, splat(5.12229709037114e-8));
  p = madd(p, z, splat(1.48572235717979e-5));
  p = madd(p, z, splat(6.37261928875436e-4));
  p = madd(p, z, splat(4.89352455891786e-3));
  let q = madd(splat(1.19825839466702e-6), z, splat(1.18534705686654e-4));
  q = madd(q, z, splat(2.26843463243900e-3));
  q = madd(q, z, splat(4.89352518554385e-3));
  const inner = f32x4.mul(x, f32x4.div(p, q));
  const one = v128.or(splat(1), v128.and(u, splat(-0.0)));
  return select(f32x4.gt(f32x4.abs(u), splat(8.2)), one, inner);
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
  return select(f32x4.ne(x, x), x, f32x4.mul(u, f32x4.div(p, q)));
}

/** `sin x`, see {@link sinQuarter4}. */
// @ts-ignore: decorator
@inline
export function sin4(x: v128): v128 {
  return sinQuarter4(x, i32x4.splat(0));
}

/** `cos x = sin(x + π / 2)`. */
// @ts-ignore: decorator
@inline
export function cos4(x: v128): v128 {
  return sinQuarter4(x, i32x4.splat(1));
}

/**
 * `sin(x + quarters π / 2)`. The multiple of `π / 2` next to `x` is taken off in three parts, which leaves all digits up to
 * 8192; beyond it fewer and fewer are right, and from 4e6 on none. NaN where `x` is infinite.
 */
// @ts-ignore: decorator
@inline
function sinQuarter4(x: v128, quarters: v128): v128 {
  const shifted = madd(x, splat(0.63661977236758134), splat(ROUNDER));
  const n = f32x4.sub(shifted, splat(ROUNDER));
  let r = madd(n, splat(-1.5703125), x);
  r = madd(n, splat(-4.837512969970703e-4), r);
  r = madd(n, splat(-7.5497899548918822e-8), r);
  const z = f32x4.mul(r, r);
  let odd = madd(splat(-1.9515295891e-4), z, splat(8.3321608736e-3));
  odd = madd(odd, z, splat(-1.6666654611e-1));
  odd = madd(f32x4.mul(odd, z), r, r);
  let even = madd(splat(2.443315711809948e-5), z, splat(-1.388731625493765e-3));
  even = madd(even, z, splat(4.166664568298827e-2));
  even = madd(f32x4.mul(even, z), z, madd(z, splat(-0.5), splat(1)));
  const quarter = i32x4.add(shifted, quarters);
  const takesEven = i32x4.eq(v128.and(quarter, i32x4.splat(1)), i32x4.splat(1));
  const sign = i32x4.shl(v128.and(quarter, i32x4.splat(2)), 30);
  return v128.xor(select(takesEven, even, odd), sign);
}
