/** Nodes and positive weights of a rule for `∫₀¹ f(u) du`. */
export interface QuadratureRule {
  readonly nodes: readonly number[];
  readonly weights: readonly number[];
}

/** Corrections of a root of a Legendre polynomial: Newton's method doubles the digits each time. */
const NEWTON_STEPS = 8;

/**
 * Gauss-Legendre rule with `count` nodes on [0, 1]: exact for polynomials of degree `2 count - 1`. The nodes are the roots
 * of the Legendre polynomial, by Newton's method from the usual cosine estimate.
 */
export function gaussLegendre(count: number): QuadratureRule {
  const roots = Array.from({ length: count }, (_, i) => {
    let x = Math.cos((Math.PI * (count - i - 0.25)) / (count + 0.5));
    for (let step = 0; step < NEWTON_STEPS; step++) {
      const [value, slope] = legendre(count, x);
      x -= value / slope;
    }
    return x;
  });
  return {
    nodes: roots.map((x) => (1 + x) / 2),
    weights: roots.map((x) => 1 / ((1 - x * x) * legendre(count, x)[1] ** 2)),
  };
}

/** The Legendre polynomial of a degree and its derivative, by the three-term recurrence. */
function legendre(degree: number, x: number): [value: number, slope: number] {
  let [before, value] = [1, x];
  for (let n = 2; n <= degree; n++) [before, value] = [value, ((2 * n - 1) * x * value - (n - 1) * before) / n];
  return [value, (degree * (before - x * value)) / (1 - x * x)];
}

/**
 * Clenshaw-Curtis rule with `count` nodes on [0, 1], both ends among them: the integral of the polynomial through the
 * values at the extrema of a Chebyshev polynomial, `uᵢ = (1 - cos(π i / n)) / 2` with `n = count - 1`.
 */
export function clenshawCurtis(count: number): QuadratureRule {
  const n = count - 1;
  const angles = Array.from({ length: count }, (_, i) => (Math.PI * i) / n);
  const weights = angles.map((angle, i) => {
    let sum = 1;
    for (let k = 1; k <= n / 2; k++) sum -= ((2 * k === n ? 1 : 2) * Math.cos(2 * k * angle)) / (4 * k * k - 1);
    return (i === 0 || i === n ? 0.5 : 1) * (sum / n);
  });
  return { nodes: angles.map((angle) => (1 - Math.cos(angle)) / 2), weights };
}
