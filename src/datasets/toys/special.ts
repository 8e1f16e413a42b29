/** Special functions and sums in double precision, for the exact densities of the toys. */

/** `log Σ exp(terms)`, minus infinity for no terms. */
export function logSumExp(terms: ArrayLike<number>): number {
  let top = -Infinity;
  for (let i = 0; i < terms.length; i++) top = Math.max(top, terms[i]);
  if (top === -Infinity) return top;
  let sum = 0;
  for (let i = 0; i < terms.length; i++) sum += Math.exp(terms[i] - top);
  return top + Math.log(sum);
}

/**
 * `exp(-x) I₀(x)`, the scaled modified Bessel function of order zero, for `x ≥ 0`.
 *
 * Below 25 its power series (all terms positive), above its asymptotic series, whose smallest term is then below
 * the rounding error (Abramowitz and Stegun, 9.6.12 and 9.7.1).
 */
export function besselI0Scaled(x: number): number {
  let term = 1;
  let sum = 1;
  if (x < 25) {
    for (let k = 1; term > 1e-17 * sum; k++) {
      term *= (x / (2 * k)) ** 2;
      sum += term;
    }
    return sum * Math.exp(-x);
  }
  for (let k = 1; term > 1e-17 * sum; k++) {
    term *= (2 * k - 1) ** 2 / (8 * k * x);
    sum += term;
  }
  return sum / Math.sqrt(2 * Math.PI * x);
}

/**
 * `exp(x²) erfc(x)`, the scaled complementary error function, for `x ≥ 0`.
 *
 * Below 2.5 from the series of erf with positive terms, above by the continued fraction (Abramowitz and Stegun,
 * 7.1.6 and 7.1.14), taken backwards from a depth that suffices at 2.5.
 */
export function erfcScaled(x: number): number {
  if (x < 2.5) {
    let term = x;
    let sum = x;
    for (let k = 1; term > 1e-17 * sum; k++) {
      term *= (2 * x * x) / (2 * k + 1);
      sum += term;
    }
    return Math.exp(x * x) - (2 / Math.sqrt(Math.PI)) * sum;
  }
  let tail = x;
  for (let k = 60; k >= 1; k--) tail = x + k / 2 / tail;
  return 1 / (tail * Math.sqrt(Math.PI));
}

/** `log (Φ(high) - Φ(low))` for `low < high`, accurate in both tails; `Φ` is the standard normal distribution function. */
export function logNormalMass(low: number, high: number): number {
  if (low + high < 0) return logNormalMass(-high, -low);
  // Here `high` is the end further from zero; Q(x) = erfc(x / √2) / 2 is the mass above x.
  if (low < 0) return Math.log1p(-normalTail(high) - normalTail(-low));
  const [a, b] = [low * Math.SQRT1_2, high * Math.SQRT1_2];
  return Math.log(0.5 * (erfcScaled(a) - erfcScaled(b) * Math.exp(a * a - b * b))) - a * a;
}

function normalTail(x: number): number {
  return 0.5 * erfcScaled(x * Math.SQRT1_2) * Math.exp(-0.5 * x * x);
}
