import type { Shape } from '../../shapes.js';
import type { GpuKernel } from '../fused/gpu.js';
import { literal } from '../fused/literal.js';
import { slopeSharpness, splineParameterCount, type SplineAttributes } from './spec.js';

/** Value, then log-derivative; formulas in {@link ./reference.ts}. */
export const splineOnGpu: GpuKernel<SplineAttributes> = ([[rows]], attributes) => ({
  ints: { rows },
  code: `${evaluation(attributes)}
float compute(int index) {
  int row = index % rows;
  evaluate(row);
  if (broken) {
    return NAN;
  }
  return pick(index < rows, value, logDet);
}`,
});

/**
 * Gradient of the input, then of the raw parameters.
 *
 * Each thread works out the adjoints of the bin that its row reaches, and from them its own number; formulas in
 * {@link ./cpu.ts}.
 */
export const splineGradientOnGpu: GpuKernel<SplineAttributes> = ([[rows]]: readonly Shape[], attributes) => ({
  ints: { rows },
  code: `${evaluation(attributes)}
float gInput;
float gLeft;
float gWidth;
float gBottom;
float gHeight;
float gSlope0;
float gSlope1;
void adjointsInside(float gValue, float gLogDet) {
  float s = h / w;
  float rest = 1.0 - xi;
  float q = xi * rest;
  float c = d0 + d1 - 2.0 * s;
  float numerator = s * xi * xi + d0 * q;
  float denominator = s + c * q;
  float slope = d1 * xi * xi + 2.0 * s * q + d0 * rest * rest;
  float slopeXi = 2.0 * (d1 * xi - d0 * rest + s * (1.0 - 2.0 * xi));
  float denominatorXi = c * (1.0 - 2.0 * xi);
  float derivative = s * s * slope / (denominator * denominator);
  float gL = pick(INVERSE, -gLogDet, gLogDet);
  float logDetXi = gL * (slopeXi / slope - 2.0 * denominatorXi / denominator);
  float lambda = (logDetXi + gValue * w) / (derivative * w);
  float gY = pick(INVERSE, -lambda, gValue);
  float gNumerator = gY * h / denominator;
  float gDenominator = (-gNumerator * numerator - 2.0 * gL) / denominator;
  float gSlope = gL / slope;
  float gS = 2.0 * gL / s + gNumerator * xi * xi + gDenominator * (1.0 - 2.0 * q) + gSlope * 2.0 * q;
  gSlope0 = (gNumerator + gDenominator) * q + gSlope * rest * rest;
  gSlope1 = gDenominator * q + gSlope * xi * xi;
  gInput = pick(INVERSE, lambda, gY * derivative + logDetXi / w);
  gLeft = pick(INVERSE, gValue, -gInput);
  gBottom = gY;
  gHeight = gS / w + gY * numerator / denominator;
  gWidth = -gS * s / w + gLeft * xi;
}
void adjointsOutside(float gValue, float gLogDet) {
  gInput = pick(INVERSE, gValue / d0, gValue * d0);
  gSlope0 = pick(INVERSE, -gValue * beyond / (d0 * d0) - gLogDet / d0, gValue * beyond + gLogDet / d0);
}
float sizeGradient(int i, float share, float shareReached, float shareBefore, float gStart, float gSize) {
  float g = pick(i == bin, gSize, pick(i < bin, gStart, 0.0));
  return share * (g - gStart * shareBefore - gSize * shareReached);
}
float slopeGradient(int at, int i) {
  float g = 0.0;
  if (slopeIndex(bin) == i) {
    g += gSlope0;
  }
  if (outside == 0 && slopeIndex(bin + 1) == i) {
    g += gSlope1;
  }
  return g * sigmoid(raw(at + i) * SHARPNESS);
}
float compute(int index) {
  int row = index;
  int parameter = -1;
  if (index >= rows) {
    row = (index - rows) / PARAMETERS;
    parameter = (index - rows) % PARAMETERS;
  }
  evaluate(row);
  if (broken) {
    return NAN;
  }
  if (outside == 0) {
    adjointsInside(dvalue(row), dlogDet(row));
  } else {
    adjointsOutside(dvalue(row), dlogDet(row));
  }
  if (parameter < 0) {
    return gInput;
  }
  int at = row * PARAMETERS;
  if (parameter >= 2 * BINS) {
    return slopeGradient(at, parameter);
  }
  if (outside != 0) {
    return 0.0;
  }
  if (parameter < BINS) {
    float share = widthShare(at, parameter);
    return WIDTH_SPARE * RAW_SCALE * sizeGradient(parameter, share, wShare, wBefore, gLeft, gWidth);
  }
  float share = heightShare(at, parameter - BINS);
  return HEIGHT_SPARE * RAW_SCALE * sizeGradient(parameter - BINS, share, hShare, hBefore, gBottom, gHeight);
}`,
});

/** `evaluate(row)`, which leaves value, log-derivative and all about the bin reached in variables. */
function evaluation(attributes: SplineAttributes): string {
  const { bins, low, high, boundaries, minBinWidth, minBinHeight, minDerivative, rawScale, inverse } = attributes;
  const spare = (least: number) => literal((high - low) * (1 - bins * least));
  const periodic = boundaries === 'circular';
  return `
const int BINS = ${bins};
const int PARAMETERS = ${splineParameterCount(attributes)};
const bool INVERSE = ${inverse};
const float LOW = ${literal(low)};
const float HIGH = ${literal(high)};
const float WIDTH_LEAST = ${literal((high - low) * minBinWidth)};
const float WIDTH_SPARE = ${spare(minBinWidth)};
const float HEIGHT_LEAST = ${literal((high - low) * minBinHeight)};
const float HEIGHT_SPARE = ${spare(minBinHeight)};
const float SLOPE_LEAST = ${literal(minDerivative)};
const float SHARPNESS = ${literal(slopeSharpness(attributes))};
const float RAW_SCALE = ${literal(rawScale)};
bool broken;
float value;
float logDet;
int outside;
int bin;
float wLargest;
float wTotal;
float hLargest;
float hTotal;
float wShare;
float hShare;
float wBefore;
float hBefore;
float w;
float h;
float d0;
float d1;
float xi;
float beyond;
float widthShare(int at, int i) {
  return exp((raw(at + i) - wLargest) * RAW_SCALE) / wTotal;
}
float heightShare(int at, int i) {
  return exp((raw(at + BINS + i) - hLargest) * RAW_SCALE) / hTotal;
}
int slopeIndex(int knot) {
  ${SLOPE_INDEX[boundaries]}
}
float slopeAt(int at, int knot) {
  int i = slopeIndex(knot);
  if (i < 0) {
    return 1.0;
  }
  float u = raw(at + i);
  broken = broken || isnan(u);
  return SLOPE_LEAST + softplus(u * SHARPNESS) / SHARPNESS;
}
void measure(int at) {
  wLargest = raw(at);
  hLargest = raw(at + BINS);
  for (int i = 0; i < BINS; i++) {
    float a = raw(at + i);
    float b = raw(at + BINS + i);
    broken = broken || isnan(a) || isnan(b);
    wLargest = max(wLargest, a);
    hLargest = max(hLargest, b);
  }
  wTotal = 0.0;
  hTotal = 0.0;
  for (int i = 0; i < BINS; i++) {
    wTotal += exp((raw(at + i) - wLargest) * RAW_SCALE);
    hTotal += exp((raw(at + BINS + i) - hLargest) * RAW_SCALE);
  }
}
void evaluateInside(int at, float v, float shift) {
  measure(at);
  float left = LOW;
  float bottom = LOW;
  float wSum = 0.0;
  float hSum = 0.0;
  for (int i = 0; i < BINS; i++) {
    float a = exp((raw(at + i) - wLargest) * RAW_SCALE);
    float b = exp((raw(at + BINS + i) - hLargest) * RAW_SCALE);
    bin = i;
    wBefore = wSum / wTotal;
    hBefore = hSum / hTotal;
    wShare = a / wTotal;
    hShare = b / hTotal;
    left = LOW + (float(i) * WIDTH_LEAST + WIDTH_SPARE * wBefore);
    bottom = LOW + (float(i) * HEIGHT_LEAST + HEIGHT_SPARE * hBefore);
    w = WIDTH_LEAST + WIDTH_SPARE * wShare;
    h = HEIGHT_LEAST + HEIGHT_SPARE * hShare;
    if (i == BINS - 1 || v < pick(INVERSE, bottom + h, left + w)) {
      break;
    }
    wSum += a;
    hSum += b;
  }
  d0 = slopeAt(at, bin);
  d1 = slopeAt(at, bin + 1);
  float s = h / w;
  float c = d0 + d1 - 2.0 * s;
  float t = v - pick(INVERSE, bottom, left);
  xi = t / w;
  if (INVERSE) {
    float a = h * (s - d0) + t * c;
    float b = h * d0 - t * c;
    xi = 2.0 * s * t / (b + sqrt(max(b * b + 4.0 * a * s * t, 0.0)));
  }
  xi = max(0.0, min(xi, 1.0));
  float rest = 1.0 - xi;
  float q = xi * rest;
  float denominator = s + c * q;
  float slope = d1 * xi * xi + 2.0 * s * q + d0 * rest * rest;
  float rise = h * (s * xi * xi + d0 * q) / denominator;
  logDet = 2.0 * log(s / denominator) + log(slope);
  value = pick(INVERSE, left + xi * w, bottom + rise) + shift;
  logDet = pick(INVERSE, -logDet, logDet);
}
void evaluateOutside(int at, float v) {
  bin = 0;
  float edge = LOW;
  if (outside > 0) {
    bin = BINS;
    edge = HIGH;
  }
  d0 = ${boundaries === 'bounded' ? 'slopeAt(at, bin)' : '1.0'};
  beyond = v - edge;
  value = pick(d0 == 1.0, v, edge + pick(INVERSE, beyond / d0, beyond * d0));
  logDet = pick(INVERSE, -log(d0), log(d0));
}
void evaluate(int row) {
  int at = row * PARAMETERS;
  float v = x(row);
  broken = isnan(v);
  outside = 0;
  float shift = ${periodic ? 'floor((v - LOW) / (HIGH - LOW)) * (HIGH - LOW)' : '0.0'};
  ${periodic ? '' : 'if (v < LOW) {\n    outside = -1;\n  }\n  if (v > HIGH) {\n    outside = 1;\n  }'}
  if (outside == 0) {
    evaluateInside(at, min(v - shift, HIGH), shift);
  } else {
    evaluateOutside(at, v);
  }
}`;
}

/** Place of a knot's slope among the raw parameters; -1 where the slope is fixed at 1. */
const SLOPE_INDEX: Readonly<Record<SplineAttributes['boundaries'], string>> = {
  linear: 'if (knot == 0 || knot == BINS) {\n    return -1;\n  }\n  return 2 * BINS + knot - 1;',
  bounded: 'return 2 * BINS + knot;',
  circular: 'return 2 * BINS + knot % BINS;',
};
