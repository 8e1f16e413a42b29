/**
 * An increasing map of numbers between a column's own units and the whole line, in doubles: `y = toLine(x)`, with
 * `logSlope(x) = ln dy/dx`, so that `ln p(x) = ln p(y) + ln dy/dx`.
 */
export interface ScalarMap {
  toLine(x: number): number;
  toColumn(y: number): number;
  logSlope(x: number): number;
}

/** `y = (x - location) / scale`. */
export function affine(location: number, scale: number): ScalarMap {
  return {
    toLine: (x) => (x - location) / scale,
    toColumn: (y) => location + scale * y,
    logSlope: () => -Math.log(scale),
  };
}

/** `y = ln(x - low)`, for positive numbers. */
export function logarithm(low: number): ScalarMap {
  return {
    toLine: (x) => Math.log(x - low),
    toColumn: (y) => low + Math.exp(y),
    logSlope: (x) => -Math.log(x - low),
  };
}

/** `y = u + ln(1 - e^-u)`, `u = x - low`: a logarithm near the bound, the identity far from it. For counts. */
export function softplusInverse(low: number): ScalarMap {
  return {
    toLine: (x) => x - low + Math.log(-Math.expm1(low - x)),
    toColumn: (y) => low + (y > 30 ? y + Math.exp(-y) : Math.log1p(Math.exp(y))),
    logSlope: (x) => -Math.log(-Math.expm1(low - x)),
  };
}

/** `y = ln((x - low) / (high - x))`. */
export function logit(low: number, high: number): ScalarMap {
  return {
    toLine: (x) => Math.log(x - low) - Math.log(high - x),
    toColumn: (y) =>
      y < 0 ? low + (high - low) * (1 - 1 / (1 + Math.exp(y))) : high - (high - low) / (1 + Math.exp(y)),
    logSlope: (x) => Math.log(high - low) - Math.log(x - low) - Math.log(high - x),
  };
}

/** First one, then the other. */
export function compose(first: ScalarMap, second: ScalarMap): ScalarMap {
  return {
    toLine: (x) => second.toLine(first.toLine(x)),
    toColumn: (y) => first.toColumn(second.toColumn(y)),
    logSlope: (x) => first.logSlope(x) + second.logSlope(first.toLine(x)),
  };
}
