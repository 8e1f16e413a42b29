import type { CpuKernel, Floats } from '../fused/cpu.js';
import { deadZone, MAX_ROOT_STEPS, type BumpAttributes } from './spec.js';

/** A step `S` and its derivatives, at one point. */
interface Step {
  /** `x - a`, without whole turns. */
  offset: number;
  turns: number;
  value: number;
  /** `S′`, `S″` */
  slope: number;
  bend: number;
  /** Derivatives of `S` and `S′` by the sharpness. */
  valueBySharpness: number;
  slopeBySharpness: number;
}

const step: Step = { offset: 0, turns: 0, value: 0, slope: 0, bend: 0, valueBySharpness: 0, slopeBySharpness: 0 };

/**
 * With `L = 1 / z`, `R = 1 / (1 - z)`: `d = α (R^b - L^b)`, `d′ = α b (R^(b+1) + L^(b+1))`,
 * `d″ = α b (b + 1) (R^(b+2) - L^(b+2))`; `S = σ`, `S′ = d′ σ σ̄`, `S″ = (d″ + d′² (1 - 2 σ)) σ σ̄`.
 */
function evaluate(x: number, start: number, rate: number, sharpness: number, b: number, edge: number, circular: boolean): void {
  const from = x - start;
  step.turns = circular ? Math.floor(from) : 0;
  step.offset = from - step.turns;
  const free = step.offset * rate;
  const z = Math.min(Math.max(free, edge), 1 - edge);
  const [left, right] = [1 / z, 1 / (1 - z)];
  const [leftPower, rightPower] = [left ** b, right ** b];
  const apart = rightPower - leftPower;
  const slope = b * (rightPower * right + leftPower * left);
  const bend = sharpness * b * (b + 1) * (rightPower * right * right - leftPower * left * left);
  const small = Math.exp(-Math.abs(sharpness * apart));
  const value = (apart < 0 ? small : 1) / (1 + small);
  const both = z === free || Number.isNaN(z) ? small / (1 + small) ** 2 : 0;
  const tilt = 1 - 2 * value;
  step.value = value;
  step.slope = sharpness * slope * both;
  step.bend = (bend + (sharpness * slope) ** 2 * tilt) * both;
  step.valueBySharpness = apart * both;
  step.slopeBySharpness = slope * (1 + sharpness * apart * tilt) * both;
} // prettier-ignore

/** Value and slope of row `i` at `x`, with a floor. */
function sums(i: number, x: number, bumps: Floats[], count: number, floor: number, { exponent, circular }: BumpAttributes): [value: number, slope: number] {
  const [weights, starts, rates, sharpness] = bumps;
  const edge = deadZone(exponent);
  let value = floor * x;
  let slope = floor;
  for (let k = i * count; k < (i + 1) * count; k++) {
    evaluate(x, starts[k], rates[k], sharpness[k], exponent, edge, circular);
    value += weights[k] * (step.value + step.turns);
    slope += weights[k] * rates[k] * step.slope;
  }
  return [value, slope];
} // prettier-ignore

export const bumpsOnCpu: CpuKernel<BumpAttributes> = ([x, ...bumps], [value, slope], attributes) => {
  const count = bumps[0].length / x.length;
  for (let i = 0; i < x.length; i++) [value[i], slope[i]] = sums(i, x[i], bumps, count, 0, attributes);
};

export const bumpsGradientOnCpu: CpuKernel<BumpAttributes> = (inputs, outputs, { exponent, circular }) => {
  const [x, weights, starts, rates, sharpness, dvalue, dslope] = inputs;
  const [dx, dweights, dstarts, drates, dsharpness] = outputs;
  const count = weights.length / x.length;
  const edge = deadZone(exponent);
  for (let i = 0; i < x.length; i++) {
    const [v, s] = [dvalue[i], dslope[i]];
    let sum = 0;
    for (let k = i * count; k < (i + 1) * count; k++) {
      const [weight, rate] = [weights[k], rates[k]];
      evaluate(x[i], starts[k], rate, sharpness[k], exponent, edge, circular);
      // By `z`.
      const inner = weight * (v * step.slope + s * rate * step.bend);
      sum += inner * rate;
      dweights[k] = v * (step.value + step.turns) + s * rate * step.slope;
      dstarts[k] = -inner * rate;
      drates[k] = inner * step.offset + weight * s * step.slope;
      dsharpness[k] = weight * (v * step.valueBySharpness + s * rate * step.slopeBySharpness);
    }
    dx[i] = sum;
  }
};

/** Newton steps inside of a bracket, and bisections where one leaves it or is not half as long as the one before. */
export const bumpRootsOnCpu: CpuKernel<BumpAttributes> = ([level, floor, ...bumps], [root], attributes) => {
  const [weights, starts] = bumps;
  const count = weights.length / level.length;
  for (let i = 0; i < level.length; i++) {
    const t = level[i];
    let [low, high, x] = [0, 1, Math.min(Math.max(t, 0), 1)];
    if (attributes.circular) {
      let [shift, reach] = [0, 0];
      for (let k = i * count; k < (i + 1) * count; k++) {
        shift += weights[k] * starts[k];
        reach += weights[k];
      }
      [low, high, x] = [t + shift - reach, t + shift + reach, t + shift - reach / 2];
    }
    let last = high - low;
    for (let taken = 0; taken < MAX_ROOT_STEPS; taken++) {
      const [value, slope] = sums(i, x, bumps, count, floor[i], attributes);
      if (value > t) high = x;
      else low = x;
      const newton = x - (value - t) / slope;
      const close = Math.abs(newton - x) <= 1e-12 * (1 + Math.abs(x));
      const good = newton >= low && newton <= high && Math.abs(newton - x) <= last / 2;
      const next = close ? Math.min(Math.max(newton, low), high) : good ? newton : (low + high) / 2;
      last = Math.abs(next - x);
      x = next;
      if (close) break;
    }
    root[i] = Number.isNaN(t) ? NaN : x;
  }
};
