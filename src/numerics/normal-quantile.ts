/**
 * The quantile of the standard normal distribution, in doubles: `z` with `Φ(z) = p`, for `0 < p < 1`, to 1e-9.
 *
 * The starting value is that of Abramowitz and Stegun, "Handbook of Mathematical Functions", 1964, formula 26.2.23, within
 * 4.5e-4; two steps of Halley's method do the rest.
 */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  let z = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (let step = 0; step < 2; step++) {
    const error = (lowerTail(z) - p) / (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI));
    z -= error / (1 + (z * error) / 2);
  }
  return z;
}

/**
 * `Φ(z)` for `z ≤ 0`: by its power series near the middle, by its continued fraction further out (Abramowitz and Stegun,
 * formulas 26.2.11 and 26.2.14).
 */
function lowerTail(z: number): number {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z > -3) {
    let [term, sum] = [z, z];
    for (let k = 1; Math.abs(term) > 1e-17; k++) sum += term *= (z * z) / (2 * k + 1);
    return 0.5 + density * sum;
  }
  let fraction = -z;
  for (let k = 60; k > 0; k--) fraction = -z + k / fraction;
  return density / fraction;
}
