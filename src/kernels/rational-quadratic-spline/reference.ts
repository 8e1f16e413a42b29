import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { clamp } from '../clamp/op.js';
import { withoutGradient } from '../stop-gradient/op.js';
import { derivativeCount, slopeSharpness, type SplineSpec } from './spec.js';

/**
 * The rational-quadratic spline from TF.js operations: any backend, differentiable to any order.
 *
 * In the bin `[X, X + w] → [Y, Y + h]` with slope `s = h / w`, end slopes `d₀`, `d₁`, `ξ = (x - X) / w` and
 * `q = ξ (1 - ξ)`:
 *
 *     y     = Y + h (s ξ² + d₀ q) / (s + (d₀ + d₁ - 2 s) q)
 *     dy/dx = s² (d₁ ξ² + 2 s q + d₀ (1 - ξ)²) / (s + (d₀ + d₁ - 2 s) q)²
 *
 * Source: Durkan, Bekasov, Murray, Papamakarios, "Neural Spline Flows", 2019, equations 4 to 8 and appendix A.
 */
export function splineReference(
  x: Tensor,
  raw: Tensor,
  spec: SplineSpec,
  inverse: boolean,
): { value: Tensor; logDet: Tensor } {
  return spec.boundaries === 'circular' ? periodic(x, raw, spec, inverse) : tailed(x, raw, spec, inverse);
}

/** The box repeated for ever: `y(x + L) = y(x) + L`. */
function periodic(x: Tensor, raw: Tensor, spec: SplineSpec, inverse: boolean): { value: Tensor; logDet: Tensor } {
  const length = spec.high - spec.low;
  const shift = withoutGradient([x], (v) => tf.mul(tf.floor(tf.div(tf.sub(v, spec.low), length)), length));
  const box = splineInBox(tf.sub(x, shift), raw, spec, inverse);
  return { value: tf.add(box.value, shift), logDet: box.logDet };
}

/** Straight lines outside of the box, of slope 1 or of the slope that the spline ends with. */
function tailed(x: Tensor, raw: Tensor, spec: SplineSpec, inverse: boolean): { value: Tensor; logDet: Tensor } {
  const { low, high, boundaries } = spec;
  // Both branches of a selection are differentiated, so the spline must only ever see points inside the box.
  const clamped = clamp(x, low, high);
  const box = splineInBox(clamped, raw, spec, inverse);
  if (boundaries === 'bounded') {
    // Beyond the end, log-det stays what it is there; 0 × ∞ cannot occur because slopes are bounded below.
    const beyond = tf.sub(x, clamped);
    return { value: tf.add(box.value, tf.mul(beyond, tf.exp(box.logDet))), logDet: box.logDet };
  }
  const inside = withoutGradient([x], (v) => tf.logicalAnd(tf.greaterEqual(v, low), tf.lessEqual(v, high)));
  return {
    value: tf.where(inside, box.value, x),
    logDet: tf.where(inside, box.logDet, tf.zerosLike(x)),
  };
}

function splineInBox(
  input: Tensor,
  raw: Tensor,
  spec: SplineSpec,
  inverse: boolean,
): { value: Tensor; logDet: Tensor } {
  const { low, bins } = spec;
  const v = tf.expandDims(input, 1);
  const sizes = binSizes(raw, spec); // [n, 2, bins]: widths, heights
  const searched = tf.squeeze(tf.slice(sizes, [0, inverse ? 1 : 0, 0], [-1, 1, -1]), [1]);
  const passed = withoutGradient([v, searched], (at, size) => passedKnots(tf.sub(at, low), size)); // [n, bins - 1]

  // Left edges are sums over the bins passed, sizes are those of the bin reached: one masked sum for all four.
  const before = padColumns(passed, 0, 1, 0);
  const reached = tf.sub(padColumns(passed, 1, 0, 1), before);
  const masks = tf.stack([before, reached], 1); // [n, 2, bins]
  const picked = tf.sum(tf.mul(tf.expandDims(sizes, 2), tf.expandDims(masks, 1)), 3); // [n, 2, 2]
  const [left, w, bottom, h] = tf.split(tf.reshape(picked, [-1, 4]), 4, 1);

  const ends = tf.stack([padColumns(reached, 0, 1, 0), padColumns(reached, 1, 0, 0)], 1); // [n, 2, bins + 1]
  const slopes = tf.expandDims(knotSlopes(raw, spec), 1);
  const [d0, d1] = tf.split(tf.sum(tf.mul(slopes, ends), 2), 2, 1);

  const s = tf.div(h, w);
  const c = tf.sub(tf.add(d0, d1), tf.mul(s, 2));
  const offset = tf.sub(tf.sub(v, low), inverse ? bottom : left);
  const xi = clamp(inverse ? root(offset, h, s, d0, c) : tf.div(offset, w), 0, 1);

  const rest = tf.sub(1, xi);
  const q = tf.mul(xi, rest);
  const denominator = tf.add(s, tf.mul(c, q));
  const slope = tf.add(tf.add(tf.mul(d1, tf.square(xi)), tf.mul(tf.mul(s, 2), q)), tf.mul(d0, tf.square(rest)));
  const logDet = tf.sub(tf.add(tf.mul(tf.log(s), 2), tf.log(slope)), tf.mul(tf.log(denominator), 2));
  const rise = tf.div(tf.mul(h, tf.add(tf.mul(s, tf.square(xi)), tf.mul(d0, q))), denominator);
  const value = inverse ? tf.add(left, tf.mul(xi, w)) : tf.add(bottom, rise);
  return {
    value: tf.squeeze(tf.add(value, low), [1]),
    logDet: tf.squeeze(inverse ? tf.neg(logDet) : logDet, [1]),
  };

  /** Indicator of every inner knot at or below `at`. */
  function passedKnots(at: Tensor, size: Tensor): Tensor {
    const upTo = Array.from({ length: bins }, (_, i) => Array.from({ length: bins - 1 }, (_, k) => (i <= k ? 1 : 0)));
    const knots = tf.matMul(size, tf.tensor2d(upTo.flat(), [bins, bins - 1]));
    return tf.cast(tf.greaterEqual(at, knots), 'float32');
  }
}

/**
 * Position in the bin at which the spline has risen by `t`: the root of `a ξ² + b ξ - s t = 0` in the form that neither
 * divides by `a` nor cancels.
 */
function root(t: Tensor, h: Tensor, s: Tensor, d0: Tensor, c: Tensor): Tensor {
  const a = tf.add(tf.mul(h, tf.sub(s, d0)), tf.mul(t, c));
  const b = tf.sub(tf.mul(h, d0), tf.mul(t, c));
  const constant = tf.mul(s, t);
  const discriminant = tf.relu(tf.add(tf.square(b), tf.mul(tf.mul(a, constant), 4)));
  return tf.div(tf.mul(constant, 2), tf.add(b, tf.sqrt(discriminant)));
}

/** Widths and heights `[n, 2, bins]`, each summing to the length of the box. */
function binSizes(raw: Tensor, { bins, low, high, minBinWidth, minBinHeight, rawScale }: SplineSpec): Tensor {
  const logits = tf.reshape(tf.slice(raw, [0, 0], [-1, 2 * bins]), [-1, 2, bins]);
  const share = tf.softmax(rawScale === 1 ? logits : tf.mul(logits, rawScale));
  const length = high - low;
  if (minBinWidth === minBinHeight) {
    return tf.add(tf.mul(share, length * (1 - bins * minBinWidth)), length * minBinWidth);
  }
  const least = tf.tensor3d([minBinWidth, minBinHeight], [1, 2, 1]);
  return tf.mul(tf.add(tf.mul(share, tf.sub(1, tf.mul(least, bins))), least), length);
}

/** Slopes at all knots, `[n, bins + 1]`. */
function knotSlopes(raw: Tensor, spec: SplineSpec): Tensor {
  const { bins, boundaries, minDerivative } = spec;
  const count = derivativeCount(spec);
  const u = tf.slice(raw, [0, 2 * bins], [-1, count]);
  const b = slopeSharpness(spec);
  const positive = b === 1 ? tf.softplus(u) : tf.div(tf.softplus(tf.mul(u, b)), b);
  const free = tf.add(positive, minDerivative);
  if (boundaries === 'linear') return padColumns(free, 1, 1, 1);
  if (boundaries === 'circular') return tf.concat([free, tf.slice(free, [0, 0], [-1, 1])], 1);
  return free;
}

function padColumns(x: Tensor, before: number, after: number, value: number): Tensor {
  return tf.pad(x, [[0, 0], [before, after]], value); // prettier-ignore
}
