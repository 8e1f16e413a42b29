import type { GpuKernel } from '../fused/gpu.js';
import { literal } from '../fused/literal.js';
import { SIGMOID_SHIFT, type AffineAttributes } from './spec.js';

/** Value, then log-derivative. */
export const affineOnGpu: GpuKernel<AffineAttributes> = ([[rows]], attributes) => ({
  ints: { rows },
  code: `${scale(attributes)}
float compute(int index) {
  int row = index % rows;
  float l = logScale(raw(2 * row + 1));
  float shift = raw(2 * row);
  if (index >= rows) {
    return ${attributes.inverse ? '-l' : 'l'};
  }
  return ${attributes.inverse ? '(x(row) - shift) * exp(-l)' : 'x(row) * exp(l) + shift'};
}`,
});

/** Gradient of the input, then of shift and raw scale; formulas in {@link ./cpu.ts}. */
export const affineGradientOnGpu: GpuKernel<AffineAttributes> = ([[rows]], attributes) => ({
  ints: { rows },
  code: `${scale(attributes)}
float compute(int index) {
  int row = index;
  if (index >= rows) {
    row = (index - rows) / 2;
  }
  float u = raw(2 * row + 1);
  float l = logScale(u);
  float scaled = dvalue(row) * exp(${attributes.inverse ? '-l' : 'l'});
  if (index < rows) {
    return scaled;
  }
  if ((index - rows) % 2 == 0) {
    return ${attributes.inverse ? '-scaled' : 'dvalue(row)'};
  }
  float along = ${attributes.inverse ? 'x(row) - raw(2 * row)' : 'x(row)'};
  return ${attributes.inverse ? '-' : ''}(scaled * along + dlogDet(row)) * logScaleSlope(u);
}`,
});

/** `logScale(u)` and its derivative. */
function scale({ scale, bound, least }: AffineAttributes): string {
  if (scale === 'exp' && bound === Infinity) {
    return `
float logScale(float u) {
  return u;
}
float logScaleSlope(float u) {
  return 1.0;
}`;
  }
  if (scale === 'exp') {
    return `
float bounded(float u) {
  if (isnan(u)) {
    return u;
  }
  return tanh(max(-20.0, min(u / ${literal(bound)}, 20.0)));
}
float logScale(float u) {
  return ${literal(bound)} * bounded(u);
}
float logScaleSlope(float u) {
  float t = bounded(u);
  return (1.0 - t) * (1.0 + t);
}`;
  }
  return `
float logScale(float u) {
  return log(sigmoid(u + ${literal(SIGMOID_SHIFT)}) + ${literal(least)});
}
float logScaleSlope(float u) {
  float share = sigmoid(u + ${literal(SIGMOID_SHIFT)});
  return share * sigmoid(-u - ${literal(SIGMOID_SHIFT)}) / (share + ${literal(least)});
}`;
}
