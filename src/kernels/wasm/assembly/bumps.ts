import { laneSum } from './lanes';
import { madd } from './madd';
import { exp4, logNormal4, select, splat } from './math';
import { loadTail, storeTail } from './tail';

const FLOAT: usize = 4;

/** What {@link sums} found. */
let total: f32 = 0;
let density: f32 = 0;

/** Values and slopes of sums of bumps; formulas in src/kernels/bumps/cpu.ts. */
export function bumps(
  x: usize, weights: usize, starts: usize, rates: usize, sharpness: usize,
  value: usize, slope: usize,
  rows: i32, count: i32, circular: i32, exponent: f32, edge: f32,
): void {
  const width = <usize>count * FLOAT;
  for (let i: i32 = 0; i < rows; i++) {
    sums(load<f32>(x), weights, starts, rates, sharpness, 0, count, circular, exponent, edge);
    store<f32>(value, total);
    store<f32>(slope, density);
    x += FLOAT; value += FLOAT; slope += FLOAT;
    weights += width; starts += width; rates += width; sharpness += width;
  }
}

/** Gradients of all inputs of {@link bumps}. */
export function bumpsGradient(
  x: usize, weights: usize, starts: usize, rates: usize, sharpness: usize, dvalue: usize, dslope: usize,
  dx: usize, dweights: usize, dstarts: usize, drates: usize, dsharpness: usize,
  rows: i32, count: i32, circular: i32, exponent: f32, edge: f32,
): void {
  const b = splat(exponent), b1 = splat(exponent + 1);
  const least = splat(edge), most = splat(1 - edge), one = splat(1);
  for (let i: i32 = 0; i < rows; i++) {
    const at = load<f32>(x), v = load<f32>(dvalue), s = load<f32>(dslope);
    const x4 = splat(at), v4 = splat(v), s4 = splat(s);
    let sum4 = splat(0);
    for (let left = count; left > 0; left -= 4) {
      const weight = take(weights, left), rate = take(rates, left), alpha = take(sharpness, left);
      const from = f32x4.sub(x4, take(starts, left));
      const turns = circular ? f32x4.floor(from) : splat(0);
      const offset = f32x4.sub(from, turns);
      const free = f32x4.mul(offset, rate);
      const z = f32x4.min(f32x4.max(free, least), most);
      const rest = f32x4.sub(one, z);
      const inverse = f32x4.div(one, f32x4.mul(z, rest));
      const low = f32x4.mul(inverse, rest), high = f32x4.mul(inverse, z);
      const lowPower = power(low, exponent), highPower = power(high, exponent);
      const apart = f32x4.sub(highPower, lowPower);
      const lowNext = f32x4.mul(lowPower, low), highNext = f32x4.mul(highPower, high);
      const rise = f32x4.mul(b, f32x4.add(highNext, lowNext));
      const curve = f32x4.mul(f32x4.mul(alpha, f32x4.mul(b, b1)), f32x4.sub(f32x4.mul(highNext, high), f32x4.mul(lowNext, low)));
      const small = exp4(f32x4.neg(f32x4.abs(f32x4.mul(alpha, apart))));
      const share = f32x4.div(one, f32x4.add(one, small));
      const value = f32x4.mul(select(f32x4.lt(apart, splat(0)), small, one), share);
      // Nothing changes in the dead zone.
      const both = v128.andnot(f32x4.mul(small, f32x4.mul(share, share)), v128.or(f32x4.lt(free, least), f32x4.gt(free, most)));
      const tilt = f32x4.sub(one, f32x4.add(value, value));
      const steep = f32x4.mul(alpha, rise);
      const slope = f32x4.mul(steep, both);
      const bend = f32x4.mul(madd(f32x4.mul(steep, steep), tilt, curve), both);
      const scaled = f32x4.mul(s4, rate);
      const inner = f32x4.mul(weight, madd(scaled, bend, f32x4.mul(v4, slope)));
      const outer = f32x4.mul(inner, rate);
      sum4 = f32x4.add(sum4, outer);
      put(dweights, madd(scaled, slope, f32x4.mul(v4, f32x4.add(value, turns))), left);
      put(dstarts, f32x4.neg(outer), left);
      put(drates, madd(f32x4.mul(weight, s4), slope, f32x4.mul(inner, offset)), left);
      const slopeChange = f32x4.mul(f32x4.mul(rise, both), madd(f32x4.mul(alpha, apart), tilt, one));
      put(dsharpness, f32x4.mul(weight, madd(scaled, slopeChange, f32x4.mul(v4, f32x4.mul(apart, both)))), left);
      const step = <usize>min(left, 4) * FLOAT;
      weights += step; starts += step; rates += step; sharpness += step;
      dweights += step; dstarts += step; drates += step; dsharpness += step;
    }
    store<f32>(dx, laneSum(sum4));
    x += FLOAT; dvalue += FLOAT; dslope += FLOAT; dx += FLOAT;
  }
}

/** Points at which {@link bumps} on a uniform density `floor` has the values `level`: Newton steps in a bracket, as in src/kernels/bumps/cpu.ts. */
export function bumpRoots(
  level: usize, floor: usize, weights: usize, starts: usize, rates: usize, sharpness: usize, root: usize,
  rows: i32, count: i32, circular: i32, exponent: f32, edge: f32, steps: i32,
): void {
  const width = <usize>count * FLOAT;
  for (let i: i32 = 0; i < rows; i++) {
    const t = load<f32>(level);
    let low: f32 = 0, high: f32 = 1, x: f32 = min(max(t, 0), 1);
    if (circular) {
      let shift: f32 = 0, reach: f32 = 0;
      for (let k: usize = 0; k < width; k += FLOAT) {
        shift += load<f32>(weights + k) * load<f32>(starts + k);
        reach += load<f32>(weights + k);
      }
      low = t + shift - reach;
      high = t + shift + reach;
      x = t + shift - reach * 0.5;
    }
    let last: f32 = high - low;
    for (let taken: i32 = 0; taken < steps; taken++) {
      sums(x, weights, starts, rates, sharpness, load<f32>(floor), count, circular, exponent, edge);
      const residual = total - t;
      if (residual > 0) high = x;
      else low = x;
      const newton = x - residual / density;
      const close = abs(newton - x) <= 6e-8 * (1 + abs(x)) || abs(residual) <= 1.2e-7 * abs(t);
      let next = (low + high) * 0.5;
      if (close) next = min(max(newton, low), high);
      else if (newton >= low && newton <= high && abs(newton - x) <= last * 0.5) next = newton;
      last = abs(next - x);
      x = next;
      if (close) break;
    }
    store<f32>(root, isNaN(t) ? t : x);
    level += FLOAT; floor += FLOAT; root += FLOAT;
    weights += width; starts += width; rates += width; sharpness += width;
  }
}

/** Value and slope at one point, four bumps at a time. */
function sums(
  x: f32, weights: usize, starts: usize, rates: usize, sharpness: usize, floor: f32,
  count: i32, circular: i32, exponent: f32, edge: f32,
): void {
  const x4 = splat(x), one = splat(1), least = splat(edge), most = splat(1 - edge);
  let value4 = splat(0), slope4 = splat(0);
  for (let left = count; left > 0; left -= 4) {
    const weight = take(weights, left), rate = take(rates, left), alpha = take(sharpness, left);
    const from = f32x4.sub(x4, take(starts, left));
    const turns = circular ? f32x4.floor(from) : splat(0);
    const free = f32x4.mul(f32x4.sub(from, turns), rate);
    const z = f32x4.min(f32x4.max(free, least), most);
    const rest = f32x4.sub(one, z);
    const inverse = f32x4.div(one, f32x4.mul(z, rest));
    const low = f32x4.mul(inverse, rest), high = f32x4.mul(inverse, z);
    const lowPower = power(low, exponent), highPower = power(high, exponent);
    const logit = f32x4.mul(alpha, f32x4.sub(highPower, lowPower));
    const small = exp4(f32x4.neg(f32x4.abs(logit)));
    const share = f32x4.div(one, f32x4.add(one, small));
    const value = f32x4.mul(select(f32x4.lt(logit, splat(0)), small, one), share);
    const both = v128.andnot(f32x4.mul(small, f32x4.mul(share, share)), v128.or(f32x4.lt(free, least), f32x4.gt(free, most)));
    const steep = f32x4.mul(alpha, madd(highPower, high, f32x4.mul(lowPower, low)));
    value4 = madd(weight, f32x4.add(value, turns), value4);
    slope4 = madd(f32x4.mul(weight, rate), f32x4.mul(steep, both), slope4);
    weights += 16; starts += 16; rates += 16; sharpness += 16;
  }
  total = laneSum(value4) + floor * x;
  density = laneSum(slope4) * exponent + floor;
}

/** `xᵇ` of numbers above 1. */
// @ts-ignore: decorator
@inline
function power(x: v128, exponent: f32): v128 {
  if (exponent == 1) return x;
  if (exponent == 2) return f32x4.mul(x, x);
  return exp4(f32x4.mul(logNormal4(x), splat(exponent)));
}

/** Four numbers, or the last `left`. */
// @ts-ignore: decorator
@inline
function take(at: usize, left: i32): v128 {
  return left >= 4 ? v128.load(at) : loadTail(at, left);
}

// @ts-ignore: decorator
@inline
function put(at: usize, x: v128, left: i32): void {
  if (left >= 4) v128.store(at, x);
  else storeTail(at, x, left);
}
