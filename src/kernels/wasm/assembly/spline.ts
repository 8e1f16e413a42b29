import { madd } from './madd';
import { exp2Negative4, exp4, keepNaN, log1pUnit4, logNormal4, select, splat } from './math';
import { loadTail, storeTail } from './tail';
import { lanesToRows, rowsToLanes } from './transpose';

// Rational-quadratic splines, four rows at a time: lane = row. All lanes do the same work; bins are found by comparing
// with every knot. Positions relative to knots are taken in doubles, everything after that in floats.

const FLOAT: usize = 4;

// Numbers as in BOUNDARY_CODES.
const LINEAR = 0, BOUNDED = 1, CIRCULAR = 2;

// The spline: see SplineSpec.
let bins: i32 = 0;
let boundaries: i32 = 0;
let inverse: bool = false;
/** Raw parameters a row. */
let parameters: i32 = 0;
let low: f64 = 0;
let length: f64 = 0;
/** What every width has at least, and what the softmax shares out among them; the same for heights. */
let leastWidth: f64 = 0, spareWidth: f64 = 0, leastHeight: f64 = 0, spareHeight: f64 = 0;
let minDerivative: f32 = 0;
let sharpness: f32 = 0;
let rawScale: f64 = 0;

// Tables of four-lane vectors, in scratch memory.
/** Raw parameters; widths and heights among them become `exp(raw - max raw)`; in the end the gradients of all. */
let table: usize = 0;
/** Sums of the exponentials before each bin and, for gradients, behind it. */
let before: usize = 0, behind: usize = 0;

// The bins that the last four points lie in.
let bin: v128 = i32x4.splat(0);
let w: v128 = i32x4.splat(0), h: v128 = i32x4.splat(0), s: v128 = i32x4.splat(0);
/** Slopes at both knots, raw slopes times sharpness, and `exp -|u|` of these. */
let d0: v128 = i32x4.splat(0), d1: v128 = i32x4.splat(0);
let u0: v128 = i32x4.splat(0), u1: v128 = i32x4.splat(0);
let z0: v128 = i32x4.splat(0), z1: v128 = i32x4.splat(0);
/** Relative position `ξ` in the bin, and `1 - ξ`. */
let xi: v128 = i32x4.splat(0), rest: v128 = i32x4.splat(0);
/** Where the bin begins on the other axis; doubles, two lanes each. */
let startLow: v128 = i32x4.splat(0), startHigh: v128 = i32x4.splat(0);
/** Signed distance beyond the box, and a mask of the points beyond. */
let beyond: v128 = i32x4.splat(0), outside: v128 = i32x4.splat(0);
/** Sums of all exponentials. */
let sumWidths: v128 = i32x4.splat(0), sumHeights: v128 = i32x4.splat(0);

/**
 * `value` and `logDet`, `[n]`, from `x`, `[n]`, and `raw`, `[n, parameters]`. Address 0 for an output that nobody reads.
 *
 * `scratch`: 52 bins + 64 numbers.
 */
export function spline(
  x: usize, raw: usize, value: usize, logDet: usize, n: i32, scratch: usize,
  bins: i32, boundaries: i32, inverse: i32, low: f64, high: f64,
  minBinWidth: f64, minBinHeight: f64, minDerivative: f64, rawScale: f64, sharpness: f64,
): void {
  describe(scratch, bins, boundaries, inverse, low, high, minBinWidth, minBinHeight, minDerivative, rawScale, sharpness);
  const row = <usize>parameters * FLOAT;
  const block = behind + <usize>(2 * bins) * 16;
  for (let i: i32 = 0; i < n; i += 4) {
    const left = n - i;
    if (left >= 4 && parameters >= 4) {
      findBins(v128.load(x), raw, row);
      const derivative = slopes();
      if (value) v128.store(value, values(v128.load(x), derivative));
      if (logDet) v128.store(logDet, logDets(derivative));
    } else {
      const points = loadTail4(x, left);
      padRows(raw, left, block);
      findBins(points, block, paddedRow());
      const derivative = slopes();
      if (value) storeTail4(value, values(points, derivative), left);
      if (logDet) storeTail4(logDet, logDets(derivative), left);
    }
    x += 16;
    raw += 4 * row;
    if (value) value += 16;
    if (logDet) logDet += 16;
  }
}

/** Gradients of {@link spline}: `dx`, `[n]`, and `dRaw`, `[n, parameters]`, either of them 0 if nobody reads it. */
export function splineGradient(
  x: usize, raw: usize, dValue: usize, dLogDet: usize, dx: usize, dRaw: usize, n: i32, scratch: usize,
  bins: i32, boundaries: i32, inverse: i32, low: f64, high: f64,
  minBinWidth: f64, minBinHeight: f64, minDerivative: f64, rawScale: f64, sharpness: f64,
): void {
  describe(scratch, bins, boundaries, inverse, low, high, minBinWidth, minBinHeight, minDerivative, rawScale, sharpness);
  const row = <usize>parameters * FLOAT;
  const block = behind + <usize>(2 * bins) * 16;
  for (let i: i32 = 0; i < n; i += 4) {
    const left = n - i;
    if (left >= 4 && parameters >= 4) {
      findBins(v128.load(x), raw, row);
      const g = backward(v128.load(dValue), v128.load(dLogDet), dRaw != 0);
      if (dx) v128.store(dx, g);
      if (dRaw) lanesToRows(table, dRaw, row, parameters);
    } else {
      padRows(raw, left, block);
      findBins(loadTail4(x, left), block, paddedRow());
      const g = backward(loadTail4(dValue, left), loadTail4(dLogDet, left), dRaw != 0);
      if (dx) storeTail4(dx, g, left);
      if (dRaw) {
        lanesToRows(table, block, paddedRow(), max(parameters, 4));
        for (let r: i32 = 0; r < min(left, 4); r++) memory.copy(dRaw + <usize>r * row, block + <usize>r * paddedRow(), row);
      }
    }
    x += 16;
    raw += 4 * row;
    dValue += 16;
    dLogDet += 16;
    if (dx) dx += 16;
    if (dRaw) dRaw += 4 * row;
  }
}

function describe(
  scratch: usize, binCount: i32, boundaryCode: i32, inverseFlag: i32, lowEnd: f64, highEnd: f64,
  minBinWidth: f64, minBinHeight: f64, minSlope: f64, scale: f64, slopeSharpness: f64,
): void {
  bins = binCount;
  boundaries = boundaryCode;
  inverse = inverseFlag != 0;
  parameters = 3 * bins + (boundaries == LINEAR ? -1 : boundaries == BOUNDED ? 1 : 0);
  low = lowEnd;
  length = highEnd - lowEnd;
  leastWidth = length * minBinWidth;
  leastHeight = length * minBinHeight;
  spareWidth = length - bins * leastWidth;
  spareHeight = length - bins * leastHeight;
  minDerivative = <f32>minSlope;
  sharpness = <f32>slopeSharpness;
  rawScale = scale;
  table = scratch;
  before = table + <usize>max(parameters, 4) * 16;
  behind = before + <usize>(2 * bins) * 16;
}

// Rows that are not four, or too short to be read by fours, go through a block of longer rows.

function paddedRow(): usize {
  return <usize>max(parameters, 4) * FLOAT;
}

function padRows(raw: usize, count: i32, block: usize): void {
  const row = <usize>parameters * FLOAT;
  for (let r: i32 = 0; r < 4; r++) {
    memory.copy(block + <usize>r * paddedRow(), raw + <usize>min(r, count - 1) * row, row);
  }
}

function loadTail4(at: usize, count: i32): v128 {
  return count >= 4 ? v128.load(at) : loadTail(at, count);
}

function storeTail4(at: usize, x: v128, count: i32): void {
  if (count >= 4) v128.store(at, x);
  else storeTail(at, x, count);
}

// Doubles: the lower two lanes, the upper two, and both together again.

// @ts-ignore: decorator
@inline
function lower(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

// @ts-ignore: decorator
@inline
function upper(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f64>(x, x, 1, 0));
}

// @ts-ignore: decorator
@inline
function join(x: v128, y: v128): v128 {
  return v128.shuffle<f64>(f32x4.demote_f64x2_zero(x), f32x4.demote_f64x2_zero(y), 0, 2);
}

/** From a table, the vector of entry `index[lane]` in each lane; `offsets` are 16 times the indices. */
// @ts-ignore: decorator
@inline
function gather(from: usize, offsets: v128): v128 {
  let x = v128.load_zero<f32>(from + i32x4.extract_lane(offsets, 0));
  x = v128.load_lane<f32>(from + i32x4.extract_lane(offsets, 1), x, 1, 4);
  x = v128.load_lane<f32>(from + i32x4.extract_lane(offsets, 2), x, 2, 8);
  return v128.load_lane<f32>(from + i32x4.extract_lane(offsets, 3), x, 3, 12);
}

/** Index among the raw slopes of a knot; for a knot with a fixed slope, that of any other. */
// @ts-ignore: decorator
@inline
function slopeIndex(knot: v128): v128 {
  if (boundaries == BOUNDED) return knot;
  if (boundaries == CIRCULAR) return v128.andnot(knot, i32x4.eq(knot, i32x4.splat(bins)));
  return i32x4.max_s(i32x4.min_s(i32x4.sub(knot, i32x4.splat(1)), i32x4.splat(bins - 2)), i32x4.splat(0));
}

/** Turns raw widths, or heights, in the table into exponentials with sums before each bin; returns their sum. */
// @ts-ignore: decorator
@inline
function exponentials(first: i32): v128 {
  const offset = <usize>first * 16;
  const end = table + offset + <usize>bins * 16;
  let largest = v128.load(table + offset);
  for (let at = table + offset + 16; at < end; at += 16) largest = f32x4.pmax(largest, v128.load(at));
  const scale = splat(<f32>(rawScale * 1.44269504088896341));
  let sum = splat(0);
  let to = before + offset;
  for (let at = table + offset; at < end; at += 16) {
    const e = exp2Negative4(f32x4.mul(f32x4.sub(v128.load(at), largest), scale));
    v128.store(at, e);
    v128.store(to, sum);
    sum = f32x4.add(sum, e);
    to += 16;
  }
  return sum;
}

/** Finds the bin of each point, and what {@link slopes} and {@link backward} need to know about it. */
function findBins(x: v128, raw: usize, row: usize): void {
  rowsToLanes(raw, row, table, max(parameters, 4));
  sumWidths = exponentials(0);
  sumHeights = exponentials(bins);

  // Distance from the lower end of the box.
  let offsetLow = f64x2.sub(lower(x), f64x2.splat(low)), offsetHigh = f64x2.sub(upper(x), f64x2.splat(low));
  let shiftLow = f64x2.splat(0), shiftHigh = f64x2.splat(0);
  if (boundaries == CIRCULAR) {
    shiftLow = f64x2.mul(f64x2.floor(f64x2.div(offsetLow, f64x2.splat(length))), f64x2.splat(length));
    shiftHigh = f64x2.mul(f64x2.floor(f64x2.div(offsetHigh, f64x2.splat(length))), f64x2.splat(length));
    offsetLow = f64x2.sub(offsetLow, shiftLow);
    offsetHigh = f64x2.sub(offsetHigh, shiftHigh);
  } else {
    const insideLow = f64x2.pmin(f64x2.pmax(offsetLow, f64x2.splat(0)), f64x2.splat(length));
    const insideHigh = f64x2.pmin(f64x2.pmax(offsetHigh, f64x2.splat(0)), f64x2.splat(length));
    beyond = join(f64x2.sub(offsetLow, insideLow), f64x2.sub(offsetHigh, insideHigh));
    outside = v128.or(f32x4.lt(beyond, splat(0)), f32x4.gt(beyond, splat(0)));
    offsetLow = insideLow;
    offsetHigh = insideHigh;
  }

  // The axis on which the point is given, and the other.
  const searched = inverse ? bins : 0;
  const other = bins - searched;
  const least = inverse ? leastHeight : leastWidth, otherLeast = inverse ? leastWidth : leastHeight;
  const spare = f64x2.splat(inverse ? spareHeight : spareWidth), otherSpare = f64x2.splat(inverse ? spareWidth : spareHeight);
  const sum = inverse ? sumHeights : sumWidths, otherSum = inverse ? sumWidths : sumHeights;
  const factorLow = f64x2.div(spare, lower(sum)), factorHigh = f64x2.div(spare, upper(sum));
  const otherFactorLow = f64x2.div(otherSpare, lower(otherSum)), otherFactorHigh = f64x2.div(otherSpare, upper(otherSum));

  const offset = join(offsetLow, offsetHigh);
  const factor = join(factorLow, factorHigh);
  bin = i32x4.splat(0);
  let at = before + <usize>searched * 16 + 16;
  for (let k: i32 = 1; k < bins; k++) {
    const knot = madd(v128.load(at), factor, splat(<f32>(k * least)));
    bin = i32x4.sub(bin, f32x4.ge(offset, knot));
    at += 16;
  }

  const offsets = i32x4.shl(bin, 4);
  const e = gather(table + <usize>searched * 16, offsets), otherE = gather(table + <usize>other * 16, offsets);
  const sumBefore = gather(before + <usize>searched * 16, offsets), otherBefore = gather(before + <usize>other * 16, offsets);
  const binLow = f64x2.convert_low_i32x4_s(bin), binHigh = f64x2.convert_low_i32x4_s(v128.shuffle<f64>(bin, bin, 1, 0));
  const size = madd(e, factor, splat(<f32>least));
  const otherSize = madd(otherE, join(otherFactorLow, otherFactorHigh), splat(<f32>otherLeast));
  const leftLow = f64x2.add(f64x2.mul(binLow, f64x2.splat(least)), f64x2.mul(lower(sumBefore), factorLow));
  const leftHigh = f64x2.add(f64x2.mul(binHigh, f64x2.splat(least)), f64x2.mul(upper(sumBefore), factorHigh));
  let distance = join(f64x2.sub(offsetLow, leftLow), f64x2.sub(offsetHigh, leftHigh));
  distance = f32x4.pmin(f32x4.pmax(distance, splat(0)), size);
  // The last bin ends where the box does, whatever its size was rounded to.
  distance = select(f32x4.ge(offset, splat(<f32>length)), size, distance);
  startLow = f64x2.add(f64x2.add(f64x2.mul(binLow, f64x2.splat(otherLeast)), f64x2.mul(lower(otherBefore), otherFactorLow)), f64x2.add(shiftLow, f64x2.splat(low)));
  startHigh = f64x2.add(f64x2.add(f64x2.mul(binHigh, f64x2.splat(otherLeast)), f64x2.mul(upper(otherBefore), otherFactorHigh)), f64x2.add(shiftHigh, f64x2.splat(low)));
  xi = f32x4.div(distance, size);
  rest = f32x4.div(f32x4.sub(size, distance), size);
  w = inverse ? otherSize : size;
  h = inverse ? size : otherSize;
  s = f32x4.div(h, w);

  findSlopes();
  if (inverse) solve();
}

/** Slopes at both knots of the bin. */
// @ts-ignore: decorator
@inline
function findSlopes(): void {
  const next = i32x4.add(bin, i32x4.splat(1));
  const first = table + <usize>(2 * bins) * 16;
  if (boundaries != LINEAR || bins > 1) {
    const b = splat(sharpness);
    u0 = f32x4.mul(gather(first, i32x4.shl(slopeIndex(bin), 4)), b);
    u1 = f32x4.mul(gather(first, i32x4.shl(slopeIndex(next), 4)), b);
    z0 = exp4(f32x4.neg(f32x4.abs(u0)));
    z1 = exp4(f32x4.neg(f32x4.abs(u1)));
    const perSharpness = splat(1 / sharpness);
    d0 = madd(f32x4.add(f32x4.pmax(u0, splat(0)), log1pUnit4(z0)), perSharpness, splat(minDerivative));
    d1 = madd(f32x4.add(f32x4.pmax(u1, splat(0)), log1pUnit4(z1)), perSharpness, splat(minDerivative));
  }
  if (boundaries == LINEAR) {
    d0 = select(i32x4.eq(bin, i32x4.splat(0)), splat(1), d0);
    d1 = select(i32x4.eq(next, i32x4.splat(bins)), splat(1), d1);
  }
}

/**
 * From the relative height `τ` in the bin to `ξ`, with `ρ = 1 - τ`. The discriminant of the quadratic equation is
 *
 *     δ² + 4 s² τ ρ,  δ = d₀ ρ - d₁ τ,
 *
 * and with `p = |δ| + √(δ² + 4 s² τ ρ)` the smaller of `ξ` and `1 - ξ` in the steeper half comes without cancellation:
 * `ξ = 2 s τ / (p + 2 s τ)` for `δ >= 0`, `1 - ξ = 2 s ρ / (p + 2 s ρ)` for `δ < 0`.
 */
// @ts-ignore: decorator
@inline
function solve(): void {
  const difference = f32x4.sub(f32x4.mul(d0, rest), f32x4.mul(d1, xi));
  const twice = f32x4.add(s, s);
  const ends = f32x4.mul(f32x4.mul(twice, xi), f32x4.mul(twice, rest));
  const root = f32x4.sqrt(madd(difference, difference, ends));
  const p = f32x4.pmax(f32x4.add(f32x4.abs(difference), root), splat(1e-37));
  const rising = f32x4.ge(difference, splat(0));
  const m = f32x4.mul(twice, select(rising, xi, rest));
  const per = f32x4.div(splat(1), f32x4.add(p, m));
  const near = f32x4.mul(m, per), far = f32x4.mul(p, per);
  xi = select(rising, near, far);
  rest = select(rising, far, near);
}

/** `dy/dx`. */
// @ts-ignore: decorator
@inline
function slopes(): v128 {
  const q = f32x4.mul(xi, rest);
  const c = f32x4.sub(f32x4.add(d0, d1), f32x4.add(s, s));
  const r = f32x4.div(s, madd(c, q, s));
  const slope = madd(f32x4.mul(d1, xi), xi, madd(f32x4.mul(d0, rest), rest, f32x4.mul(f32x4.add(s, s), q)));
  return f32x4.mul(f32x4.mul(r, r), slope);
}

// @ts-ignore: decorator
@inline
function values(x: v128, derivative: v128): v128 {
  let rise: v128;
  if (inverse) {
    rise = f32x4.mul(xi, w);
  } else {
    const c = f32x4.sub(f32x4.add(d0, d1), f32x4.add(s, s));
    const along = f32x4.mul(xi, madd(s, xi, f32x4.mul(d0, rest)));
    rise = f32x4.div(f32x4.mul(h, along), madd(c, f32x4.mul(xi, rest), s));
  }
  if (boundaries == BOUNDED) {
    rise = f32x4.add(rise, inverse ? f32x4.div(beyond, derivative) : f32x4.mul(beyond, derivative));
  }
  const inBox = join(f64x2.add(startLow, lower(rise)), f64x2.add(startHigh, upper(rise)));
  return boundaries == LINEAR ? select(outside, x, inBox) : inBox;
}

// @ts-ignore: decorator
@inline
function logDets(derivative: v128): v128 {
  let y = keepNaN(logNormal4(derivative), derivative);
  if (inverse) y = f32x4.neg(y);
  return boundaries == LINEAR ? v128.andnot(y, outside) : y;
}

/**
 * Gradient of the points; those of the raw parameters are left in the table.
 *
 * In the inverse direction the adjoint of `ξ` enters as a pull on the height that is given (implicit function theorem).
 */
// @ts-ignore: decorator
@inline
function backward(gValue: v128, gLogDet: v128, parametersToo: bool): v128 {
  const q = f32x4.mul(xi, rest);
  const c = f32x4.sub(f32x4.add(d0, d1), f32x4.add(s, s));
  const along = f32x4.mul(xi, madd(s, xi, f32x4.mul(d0, rest)));
  const perDenominator = f32x4.div(splat(1), madd(c, q, s));
  const slope = madd(f32x4.mul(d1, xi), xi, madd(f32x4.mul(d0, rest), rest, f32x4.mul(f32x4.add(s, s), q)));
  const perSlope = f32x4.div(splat(1), slope);
  const ratio = f32x4.mul(s, perDenominator);
  const derivative = f32x4.mul(f32x4.mul(ratio, ratio), slope);
  const tilt = f32x4.sub(rest, xi); // 1 - 2 ξ
  const halfSlopeXi = madd(s, tilt, f32x4.sub(f32x4.mul(d1, xi), f32x4.mul(d0, rest)));
  const perW = f32x4.div(splat(1), w);

  const gL = inverse ? f32x4.neg(gLogDet) : gLogDet;
  const gXi = f32x4.mul(f32x4.add(gL, gL), f32x4.sub(f32x4.mul(halfSlopeXi, perSlope), f32x4.mul(f32x4.mul(c, tilt), perDenominator)));
  let gX: v128, gY: v128, gLeft: v128;
  if (inverse) {
    gX = f32x4.div(madd(gXi, perW, gValue), derivative);
    gY = f32x4.neg(gX);
    gLeft = gValue;
  } else {
    gX = madd(gValue, derivative, f32x4.mul(gXi, perW));
    gY = gValue;
    gLeft = f32x4.neg(gX);
  }
  let dx = gX;
  if (boundaries == LINEAR) dx = select(outside, gValue, dx);
  if (boundaries == BOUNDED) dx = select(outside, inverse ? f32x4.div(gValue, derivative) : f32x4.mul(gValue, derivative), dx);
  if (!parametersToo) return dx;

  // Shares of the height below and above the point.
  const below = f32x4.mul(along, perDenominator);
  const above = f32x4.mul(f32x4.mul(rest, madd(s, rest, f32x4.mul(d1, xi))), perDenominator);
  const upSlope = f32x4.mul(f32x4.mul(d1, xi), xi), downSlope = f32x4.mul(f32x4.mul(d0, rest), rest);
  const gNumerator = f32x4.mul(f32x4.mul(gY, h), perDenominator);
  const gSlope = f32x4.mul(gL, perSlope);
  const pull = f32x4.mul(f32x4.add(gL, gL), perDenominator);
  // The terms of the adjoint of s, brought together by hand: they nearly cancel towards both knots.
  const ends = madd(f32x4.div(pull, s), f32x4.add(d0, d1), f32x4.add(gSlope, gSlope));
  const gS = f32x4.mul(q, madd(f32x4.mul(gNumerator, perDenominator), f32x4.sub(upSlope, downSlope), ends));
  let gD0 = madd(f32x4.sub(f32x4.mul(gNumerator, above), pull), q, f32x4.mul(gSlope, f32x4.mul(rest, rest)));
  let gD1 = f32x4.sub(f32x4.mul(gSlope, f32x4.mul(xi, xi)), f32x4.mul(madd(gNumerator, below, pull), q));
  const gSW = f32x4.mul(gS, perW), gSS = f32x4.mul(gSW, s);
  let gH = madd(gY, below, gSW), gHLess = f32x4.sub(f32x4.mul(gY, above), gSW); // gY - gH
  let gW = f32x4.sub(f32x4.mul(gLeft, xi), gSS), gWLess = madd(gLeft, rest, gSS); // gLeft - gW

  if (boundaries != CIRCULAR) {
    gLeft = v128.andnot(gLeft, outside);
    gW = v128.andnot(gW, outside);
    gWLess = v128.andnot(gWLess, outside);
    gY = v128.andnot(gY, outside);
    gH = v128.andnot(gH, outside);
    gHLess = v128.andnot(gHLess, outside);
    gD0 = v128.andnot(gD0, outside);
    gD1 = v128.andnot(gD1, outside);
  }
  if (boundaries == BOUNDED) {
    // Beyond the box, derivative is the slope of the knot passed last.
    const tail = inverse ? f32x4.neg(f32x4.div(f32x4.mul(gValue, beyond), derivative)) : f32x4.mul(f32x4.mul(gValue, beyond), derivative);
    const gEnd = f32x4.div(f32x4.add(tail, gL), derivative);
    gD0 = select(f32x4.lt(beyond, splat(0)), gEnd, gD0);
    gD1 = select(f32x4.gt(beyond, splat(0)), gEnd, gD1);
  }
  backwardSizes(0, sumWidths, spareWidth, gLeft, gW, gWLess);
  backwardSizes(bins, sumHeights, spareHeight, gY, gH, gHLess);
  backwardSlopes(gD0, gD1);
  return dx;
}

/**
 * From the adjoints of the bin's start and size to those of the raw numbers behind the softmax: with shares `p`,
 * `draw_i = spare rawScale p_i (g_i - Σ p g)`, where `g` is `gStart` before the bin, `gSize` in it and 0 behind, and
 * `difference` is `gStart - gSize`. The parts of `g_i - Σ p g` that cancel are left out.
 */
// @ts-ignore: decorator
@inline
function backwardSizes(first: i32, sum: v128, spare: f64, gStart: v128, gSize: v128, difference: v128): void {
  const offset = <usize>first * 16;
  const offsets = i32x4.shl(bin, 4);
  const exponentials = table + offset;
  let after = splat(0);
  let to = behind + offset + <usize>bins * 16;
  for (let at = exponentials + <usize>bins * 16; at > exponentials; ) {
    at -= 16;
    to -= 16;
    v128.store(to, after);
    after = f32x4.add(after, v128.load(at));
  }
  const per = f32x4.div(splat(1), sum);
  const shareBefore = f32x4.mul(gather(before + offset, offsets), per);
  const share = f32x4.mul(gather(exponentials, offsets), per);
  const shareBehind = f32x4.mul(gather(behind + offset, offsets), per);
  const factor = f32x4.mul(per, splat(<f32>(spare * rawScale)));
  const gBefore = f32x4.mul(factor, madd(share, difference, f32x4.mul(shareBehind, gStart)));
  const gIn = f32x4.mul(factor, f32x4.sub(f32x4.mul(shareBehind, gSize), f32x4.mul(shareBefore, difference)));
  const gBehind = f32x4.neg(f32x4.mul(factor, madd(shareBefore, gStart, f32x4.mul(share, gSize))));
  let at = exponentials;
  for (let i: i32 = 0; i < bins; i++) {
    const here = i32x4.splat(i);
    const g = select(i32x4.gt_s(bin, here), gBefore, select(i32x4.eq(bin, here), gIn, gBehind));
    v128.store(at, f32x4.mul(v128.load(at), g));
    at += 16;
  }
}

/** `d slope / d raw = σ(u)`, `u` the raw slope times the sharpness. */
// @ts-ignore: decorator
@inline
function backwardSlopes(gD0: v128, gD1: v128): void {
  const next = i32x4.add(bin, i32x4.splat(1));
  const index0 = slopeIndex(bin), index1 = slopeIndex(next);
  let g0 = f32x4.mul(gD0, logistic(u0, z0));
  let g1 = f32x4.mul(gD1, logistic(u1, z1));
  if (boundaries == LINEAR) {
    g0 = v128.andnot(g0, i32x4.eq(bin, i32x4.splat(0)));
    g1 = v128.andnot(g1, i32x4.eq(next, i32x4.splat(bins)));
  }
  let at = table + <usize>(2 * bins) * 16;
  for (let i: i32 = 0; i < parameters - 2 * bins; i++) {
    const here = i32x4.splat(i);
    v128.store(at, f32x4.add(v128.and(g0, i32x4.eq(index0, here)), v128.and(g1, i32x4.eq(index1, here))));
    at += 16;
  }
}

/** `σ(u)` from `z = exp -|u|`. */
// @ts-ignore: decorator
@inline
function logistic(u: v128, z: v128): v128 {
  return f32x4.div(select(f32x4.ge(u, splat(0)), splat(1), z), f32x4.add(z, splat(1)));
}
