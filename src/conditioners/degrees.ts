import { FlowConfigError } from '../errors.js';

/**
 * Degrees of the units of a masked autoregressive network (Germain et al., "MADE", 2015): a unit of degree `d` sees
 * nothing of the features that come after the first `d` in the order.
 */
export type Degrees = readonly number[];

/** Degree of each feature: its place in `order`, counted from 1. */
export function featureDegrees(order: readonly number[]): Degrees {
  const degrees = Array<number>(order.length);
  order.forEach((feature, place) => (degrees[feature] = place + 1));
  return degrees;
}

/**
 * Degrees of a hidden layer: 1 ... features - 1, spread evenly over the units in ascending order - so that masks are zero
 * in whole blocks, which products can skip - and the same for layers of equal width, so that they may skip. In a
 * conditional network they start at 0: the first feature has no other units to see the context through.
 */
export function hiddenDegrees(width: number, features: number, conditional: boolean): Degrees {
  const lowest = conditional || features === 1 ? 0 : 1;
  const count = Math.min(width, features - lowest);
  return Array.from({ length: width }, (_, unit) => lowest + Math.floor((unit * count) / width));
}

/** Degrees of the outputs: `copies` consecutive ones a feature. */
export function outputDegrees(features: Degrees, copies: number): Degrees {
  return features.flatMap((degree) => Array<number>(copies).fill(degree));
}

/** Into a hidden layer: unit `to` sees unit `from` when its degree is no lower. Row-major `[from, to]`. */
export function hiddenMask(from: Degrees, to: Degrees): Float32Array {
  return Float32Array.from(from.flatMap((source) => to.map((target) => (target >= source ? 1 : 0))));
}

/** Into the output: feature `to` sees only what depends on strictly earlier features. Row-major `[from, to]`. */
export function outputMask(from: Degrees, to: Degrees): Float32Array {
  return Float32Array.from(from.flatMap((source) => to.map((target) => (target > source ? 1 : 0))));
}

/** @throws FlowConfigError unless `order` is a rearrangement of 0 ... features - 1. */
export function checkOrder(where: string, order: readonly number[], features: number): void {
  const sorted = [...order].sort((a, b) => a - b);
  if (sorted.length !== features || sorted.some((value, i) => value !== i)) {
    throw new FlowConfigError(where, {
      expected: `a rearrangement of 0 ... ${features - 1}`,
      got: `[${order.join(', ')}]`,
    });
  }
}

/** @throws FlowConfigError unless there is a degree from 0 to features - 1 for every unit of every layer. */
export function checkDegrees(
  where: string,
  degrees: readonly Degrees[],
  widths: readonly number[],
  features: number,
): void {
  const lengths = degrees.map(({ length }) => length);
  if (lengths.join() !== widths.join()) {
    throw new FlowConfigError(where, {
      expected: `a degree for each unit of layers of ${widths.join(', ')}`,
      got: `${lengths.join(', ') || 'none'} of them`,
    });
  }
  const bad = degrees.flat().find((degree) => !(Number.isInteger(degree) && degree >= 0 && degree < features));
  if (bad !== undefined) {
    throw new FlowConfigError(where, { expected: `degrees from 0 to ${features - 1}`, got: String(bad) });
  }
}
