import type { CpuKernel, Floats } from '../fused/cpu.js';
import { slopeSharpness, splineParameterCount, type SplineAttributes } from './spec.js';

/** Value and log-derivative of one spline a row, in one pass over memory, with doubles inside. */
export const splineOnCpu: CpuKernel<SplineAttributes> = ([x, raw], [value, logDet], attributes) => {
  const spline = new SplineRow(attributes);
  for (let row = 0; row < x.length; row++) {
    spline.evaluate(x[row], raw, row * spline.parameterCount);
    value[row] = spline.value;
    logDet[row] = spline.logDet;
  }
};

/** Gradients of {@link splineOnCpu} with respect to `x` and all raw parameters, in one pass. */
export const splineGradientOnCpu: CpuKernel<SplineAttributes> = ([x, raw, dValue, dLogDet], [dx, dRaw], attributes) => {
  const spline = new SplineRow(attributes);
  dRaw.fill(0);
  for (let row = 0; row < x.length; row++) {
    const at = row * spline.parameterCount;
    spline.evaluate(x[row], raw, at);
    dx[row] = spline.backward(dValue[row], dLogDet[row], raw, dRaw, at);
  }
};

/** One spline at a time: workspace, the quantities of the bin reached, and their adjoints. */
class SplineRow {
  readonly parameterCount: number;
  value = 0;
  logDet = 0;

  readonly #spec: SplineAttributes;
  readonly #b: number;
  /** Shares of the box, widths then heights: softmax of the raw numbers. */
  readonly #share: Float64Array;
  /** Widths, then heights. */
  readonly #size: Float64Array;
  /** -1 below the box, 1 above it, 0 inside. */
  #side = 0;
  #bin = 0;
  #w = 0;
  #h = 0;
  #d0 = 0;
  #d1 = 0;
  /** Relative position in the bin. */
  #xi = 0;
  /** Distance beyond the end of the box that is passed. */
  #beyond = 0;

  constructor(spec: SplineAttributes) {
    this.#spec = spec;
    this.#b = slopeSharpness(spec);
    this.parameterCount = splineParameterCount(spec);
    this.#share = new Float64Array(2 * spec.bins);
    this.#size = new Float64Array(2 * spec.bins);
  }

  evaluate(input: number, raw: Floats, at: number): void {
    const { low, high, boundaries, inverse } = this.#spec;
    let v = input;
    let shift = 0;
    this.#side = 0;
    if (boundaries === 'circular') {
      shift = Math.floor((v - low) / (high - low)) * (high - low);
      v -= shift;
    } else if (v < low || v > high) {
      this.#side = v < low ? -1 : 1;
      this.#continueOutside(v, raw, at);
      return;
    }
    this.#findBin(v, raw, at);
    const { low: edge } = this.#spec;
    const w = this.#w, h = this.#h, d0 = this.#d0, d1 = this.#d1; // prettier-ignore
    const s = h / w;
    const c = d0 + d1 - 2 * s;
    let xi = this.#xi;
    if (inverse) {
      const t = xi * h;
      const a = h * (s - d0) + t * c;
      const b = h * d0 - t * c;
      // The root that neither divides by `a` nor cancels.
      xi = (2 * s * t) / (b + Math.sqrt(Math.max(0, b * b + 4 * a * s * t)));
      this.#xi = xi;
    }
    const rest = 1 - xi;
    const q = xi * rest;
    const denominator = s + c * q;
    const slope = d1 * xi * xi + 2 * s * q + d0 * rest * rest;
    const logDet = Math.log((s * s * slope) / (denominator * denominator));
    this.logDet = inverse ? -logDet : logDet;
    const rise = inverse ? xi * w : (h * (s * xi * xi + d0 * q)) / denominator;
    this.value = edge + this.#start + rise + shift;
  }

  /** Left edge (inverse) or bottom (forward) of the bin reached, from the end of the box. */
  #start = 0;

  /** Adjoints of the raw parameters are added to `dRaw`; returns that of the input. */
  backward(gValue: number, gLogDet: number, raw: Floats, dRaw: Floats, at: number): number {
    if (this.#side !== 0) return this.#backwardOutside(gValue, gLogDet, raw, dRaw, at);
    const { inverse } = this.#spec;
    const xi = this.#xi, w = this.#w, h = this.#h, d0 = this.#d0, d1 = this.#d1; // prettier-ignore
    const s = h / w;
    const rest = 1 - xi;
    const q = xi * rest;
    const c = d0 + d1 - 2 * s;
    const numerator = s * xi * xi + d0 * q;
    const denominator = s + c * q;
    const slope = d1 * xi * xi + 2 * s * q + d0 * rest * rest;
    const slopeXi = 2 * (d1 * xi - d0 * rest + s * (1 - 2 * xi));
    const denominatorXi = c * (1 - 2 * xi);
    const derivative = (s * s * slope) / (denominator * denominator);

    // The inverse solves y(ξ) = v. Its adjoint λ enters as a pull of -λ on y at fixed ξ (implicit function theorem).
    const gL = inverse ? -gLogDet : gLogDet;
    const logDetXi = gL * (slopeXi / slope - (2 * denominatorXi) / denominator);
    const lambda = (logDetXi + gValue * w) / (derivative * w);
    const gY = inverse ? -lambda : gValue;

    const gNumerator = (gY * h) / denominator;
    const gDenominator = (-gNumerator * numerator - 2 * gL) / denominator;
    const gSlope = gL / slope;
    const gS = (2 * gL) / s + gNumerator * xi * xi + gDenominator * (1 - 2 * q) + gSlope * 2 * q;
    const gD0 = (gNumerator + gDenominator) * q + gSlope * rest * rest;
    const gD1 = gDenominator * q + gSlope * xi * xi;
    // With ξ = (x - X) / w in the forward direction, ξ carries the adjoint to x, X and w; in the inverse, x = X + ξ w does.
    const gX = inverse ? lambda : gY * derivative + logDetXi / w;
    const gLeft = inverse ? gValue : -gX;
    const gH = gS / w + (gY * numerator) / denominator;
    const gW = (-gS * s) / w + gLeft * xi;

    const { bins, minBinWidth, minBinHeight } = this.#spec;
    this.#backwardSizes(gLeft, gW, minBinWidth, 0, dRaw, at);
    this.#backwardSizes(gY, gH, minBinHeight, bins, dRaw, at);
    this.#backwardSlope(this.#bin, gD0, raw, dRaw, at);
    this.#backwardSlope(this.#bin + 1, gD1, raw, dRaw, at);
    return gX;
  }

  #findBin(v: number, raw: Floats, at: number): void {
    const { bins, low, high, inverse, minBinWidth, minBinHeight } = this.#spec;
    this.#fillSizes(raw, at, 0, minBinWidth);
    this.#fillSizes(raw, at, bins, minBinHeight);
    const size = this.#size;
    const searched = inverse ? bins : 0;
    const other = bins - searched;
    const offset = Math.min(v, high) - low;
    let bin = 0;
    let start = 0;
    let otherStart = 0;
    while (bin < bins - 1 && offset >= start + size[searched + bin]) {
      start += size[searched + bin];
      otherStart += size[other + bin];
      bin++;
    }
    this.#bin = bin;
    this.#start = otherStart;
    this.#xi = Math.min(1, (offset - start) / size[searched + bin]);
    this.#w = size[bin];
    this.#h = size[bins + bin];
    this.#d0 = this.#slope(bin, raw, at);
    this.#d1 = this.#slope(bin + 1, raw, at);
  }

  /** Shares by softmax, and the widths or heights that follow. */
  #fillSizes(raw: Floats, at: number, first: number, least: number): void {
    const { bins, low, high, rawScale } = this.#spec;
    const share = this.#share;
    const size = this.#size;
    const end = first + bins;
    let largest = raw[at + first];
    for (let i = first + 1; i < end; i++) if (raw[at + i] > largest) largest = raw[at + i];
    let sum = 0;
    for (let i = first; i < end; i++) sum += share[i] = Math.exp((raw[at + i] - largest) * rawScale);
    const length = high - low;
    const spare = length * (1 - bins * least);
    for (let i = first; i < end; i++) {
      share[i] /= sum;
      size[i] = length * least + spare * share[i];
    }
  }

  /** Index into the raw slopes of a knot, or -1 where the slope is fixed at 1. */
  #slopeIndex(knot: number): number {
    const { bins, boundaries } = this.#spec;
    if (boundaries === 'bounded') return 2 * bins + knot;
    if (boundaries === 'circular') return 2 * bins + (knot % bins);
    return knot === 0 || knot === bins ? -1 : 2 * bins + knot - 1;
  }

  #slope(knot: number, raw: Floats, at: number): number {
    const index = this.#slopeIndex(knot);
    if (index < 0) return 1;
    const u = raw[at + index] * this.#b;
    return this.#spec.minDerivative + (Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u)))) / this.#b;
  }

  #backwardSlope(knot: number, g: number, raw: Floats, dRaw: Floats, at: number): void {
    const index = this.#slopeIndex(knot);
    if (index >= 0) dRaw[at + index] += g / (1 + Math.exp(-raw[at + index] * this.#b));
  }

  /** From the adjoints of a bin's start and size to those of the raw numbers behind the softmax. */
  #backwardSizes(gStart: number, gSize: number, least: number, first: number, dRaw: Floats, at: number): void {
    const { bins, low, high, rawScale } = this.#spec;
    const share = this.#share;
    const factor = (high - low) * (1 - bins * least) * rawScale;
    let mean = share[first + this.#bin] * gSize;
    for (let i = 0; i < this.#bin; i++) mean += share[first + i] * gStart;
    for (let i = 0; i < bins; i++) {
      const g = i < this.#bin ? gStart : i === this.#bin ? gSize : 0;
      dRaw[at + first + i] += factor * share[first + i] * (g - mean);
    }
  }

  /** Identity beyond linear tails; a straight line of the end slope beyond a bounded box. */
  #continueOutside(v: number, raw: Floats, at: number): void {
    const { low, high, bins, boundaries, inverse } = this.#spec;
    const [edge, knot] = this.#side < 0 ? [low, 0] : [high, bins];
    const slope = boundaries === 'bounded' ? this.#slope(knot, raw, at) : 1;
    this.#beyond = v - edge;
    this.#d0 = slope;
    this.value = slope === 1 ? v : edge + (inverse ? this.#beyond / slope : this.#beyond * slope);
    this.logDet = slope === 1 ? 0 : (inverse ? -1 : 1) * Math.log(slope);
  }

  #backwardOutside(gValue: number, gLogDet: number, raw: Floats, dRaw: Floats, at: number): number {
    const { bins, boundaries, inverse } = this.#spec;
    if (boundaries !== 'bounded') return gValue;
    const slope = this.#d0;
    const gSlope = inverse ? (-gValue * this.#beyond) / slope ** 2 - gLogDet / slope : gValue * this.#beyond + gLogDet / slope; // prettier-ignore
    this.#backwardSlope(this.#side < 0 ? 0 : bins, gSlope, raw, dRaw, at);
    return inverse ? gValue / slope : gValue * slope;
  }
}
