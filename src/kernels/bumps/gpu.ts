import type { GpuKernel } from '../fused/gpu.js';
import { literal } from '../fused/literal.js';
import { deadZone, MAX_ROOT_STEPS, type BumpAttributes } from './spec.js';

/** Values, then slopes. */
export const bumpsOnGpu: GpuKernel<BumpAttributes> = ([[rows], [, count]], attributes) => ({
  ints: { rows, count },
  code: `${evaluation(attributes)}${SUMS}
float compute(int index) {
  int row = index % rows;
  sums(row, x(row));
  return pick(index < rows, total, density);
}`,
});

/** Gradients of the inputs one after the other; formulas in {@link ./cpu.ts}. */
export const bumpsGradientOnGpu: GpuKernel<BumpAttributes> = ([[rows], [, count]], attributes) => ({
  ints: { rows, count },
  code: `${evaluation(attributes)}
float inner(int row, int k) {
  return weights(k) * (dvalue(row) * slope + dslope(row) * rates(k) * bend);
}
float byPoint(int row) {
  float sum = 0.0;
  for (int k = row * count; k < (row + 1) * count; k++) {
    evaluate(x(row), starts(k), rates(k), sharpness(k));
    sum += inner(row, k) * rates(k);
  }
  return sum;
}
float compute(int index) {
  if (index < rows) {
    return byPoint(index);
  }
  int size = rows * count;
  int which = (index - rows) / size;
  int k = (index - rows) % size;
  int row = k / count;
  evaluate(x(row), starts(k), rates(k), sharpness(k));
  if (which == 0) {
    return dvalue(row) * (value + turns) + dslope(row) * rates(k) * slope;
  }
  if (which == 1) {
    return -inner(row, k) * rates(k);
  }
  if (which == 2) {
    return inner(row, k) * offset + weights(k) * dslope(row) * slope;
  }
  return weights(k) * (dvalue(row) * valueBySharpness + dslope(row) * rates(k) * slopeBySharpness);
}`,
});

/** The search of {@link ./cpu.ts} in float32. */
export const bumpRootsOnGpu: GpuKernel<BumpAttributes> = ([[rows], , [, count]], attributes) => ({
  ints: { rows, count },
  code: `${evaluation(attributes)}${SUMS}
float compute(int index) {
  float t = level(index);
  if (isnan(t)) {
    return t;
  }
  float low = 0.0;
  float high = 1.0;
  float at = min(max(t, 0.0), 1.0);
  if (CIRCULAR) {
    float shift = 0.0;
    float reach = 0.0;
    for (int k = index * count; k < (index + 1) * count; k++) {
      shift += weights(k) * starts(k);
      reach += weights(k);
    }
    low = t + shift - reach;
    high = t + shift + reach;
    at = t + shift - 0.5 * reach;
  }
  float last = high - low;
  for (int taken = 0; taken < ${MAX_ROOT_STEPS}; taken++) {
    sums(index, at);
    float residual = total + ground(index) * at - t;
    if (residual > 0.0) {
      high = at;
    } else {
      low = at;
    }
    float newton = at - residual / (density + ground(index));
    bool close = abs(newton - at) <= 6e-8 * (1.0 + abs(at)) || abs(residual) <= 1.2e-7 * abs(t);
    bool good = newton >= low && newton <= high && abs(newton - at) <= 0.5 * last;
    float next = pick(good, newton, 0.5 * (low + high));
    next = pick(close, min(max(newton, low), high), next);
    last = abs(next - at);
    at = next;
    if (close) {
      break;
    }
  }
  return at;
}`,
});

const SUMS = `
float total;
float density;
void sums(int row, float at) {
  total = 0.0;
  density = 0.0;
  for (int k = row * count; k < (row + 1) * count; k++) {
    evaluate(at, starts(k), rates(k), sharpness(k));
    total += weights(k) * (value + turns);
    density += weights(k) * rates(k) * slope;
  }
}`;

/** `evaluate(at, start, rate, sharpness)`, which leaves a step and its derivatives in variables. */
function evaluation({ exponent, circular }: BumpAttributes): string {
  const power = exponent === 1 ? 'base' : exponent === 2 ? 'base * base' : `pow(base, ${literal(exponent)})`;
  return `
const bool CIRCULAR = ${circular};
const float B = ${literal(exponent)};
const float EDGE = ${literal(deadZone(exponent))};
float offset;
float turns;
float value;
float slope;
float bend;
float valueBySharpness;
float slopeBySharpness;
float power(float base) {
  return ${power};
}
void evaluate(float at, float start, float rate, float alpha) {
  offset = at - start;
  turns = 0.0;
  if (CIRCULAR) {
    turns = floor(offset);
    offset = offset - turns;
  }
  float z = min(max(offset * rate, EDGE), 1.0 - EDGE);
  float left = 1.0 / z;
  float right = 1.0 / (1.0 - z);
  float leftPower = power(left);
  float rightPower = power(right);
  float apart = rightPower - leftPower;
  float rise = B * (rightPower * right + leftPower * left);
  float curve = alpha * B * (B + 1.0) * (rightPower * right * right - leftPower * left * left);
  float small = exp(-abs(alpha * apart));
  value = pick(apart < 0.0, small, 1.0) / (1.0 + small);
  float both = small / ((1.0 + small) * (1.0 + small));
  both = pick(offset * rate == z, both, 0.0);
  if (isnan(offset)) {
    value = offset;
    both = offset;
  }
  float tilt = 1.0 - 2.0 * value;
  slope = alpha * rise * both;
  bend = (curve + alpha * rise * alpha * rise * tilt) * both;
  valueBySharpness = apart * both;
  slopeBySharpness = rise * (1.0 + alpha * apart * tilt) * both;
}`;
}
