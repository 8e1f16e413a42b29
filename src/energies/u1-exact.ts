import { checkInteger } from '../conditioners/check.js';
import { checkConstants } from './checks.js';

/** Exact averages of {@link u1Exact}. */
export interface U1Averages {
  /** `log ∫ exp(-S) Π dx / 2π`; add `2 V log 2π` for angles in radians. */
  readonly logPartition: number;
  /** `⟨cos P⟩`. */
  readonly plaquette: number;
  /** `⟨Q²⟩` of the topological charge. */
  readonly chargeSquared: number;
}

/**
 * Exact averages of two-dimensional U(1) gauge theory on a periodic lattice, in double precision: with an angle `θ` that weighs
 * charges, `Z(θ) = Σ_k I_{k + θ/2π}(β)^V`, `I_ν(β) = (1/2π) ∫ exp(β cos t) cos(ν t) dt`. Averages are derivatives of
 * `log Z`: by `β` for plaquettes, twice by `θ` for the charge.
 *
 * @param beta inverse coupling
 * @param sites number `V` of sites
 * @throws FlowConfigError when `beta` is not positive or `sites` no count.
 */
export function u1Exact(beta: number, sites: number): U1Averages {
  checkConstants('u1Exact', { beta }, 'positive');
  checkInteger('u1Exact.sites', sites);
  const reach = 20 + Math.ceil(4 * beta);
  let [z, byBeta, byTheta] = [0, 0, 0];
  const largest = moments(beta, 0)[0];
  for (let k = -reach; k <= reach; k++) {
    const [value, withCosine, slope, curvature] = moments(beta, k);
    const ratio = value / largest;
    const others = ratio ** (sites - 1);
    const square = sites > 1 ? ratio ** (sites - 2) : 0;
    z += others * ratio;
    byBeta += (others * withCosine) / largest;
    // d²/dν² I^V = V (V-1) I^(V-2) I'² + V I^(V-1) I''.
    byTheta += sites * ((sites - 1) * square * (slope / largest) ** 2 + (others * curvature) / largest);
  }
  return {
    logPartition: sites * (Math.log(largest) + beta) + Math.log(z),
    plaquette: byBeta / z,
    chargeSquared: -byTheta / z / (2 * Math.PI) ** 2,
  };
}

/** Means over a turn of `e^{β (cos t - 1)}` times `cos νt`, `cos t cos νt`, `-t sin νt` and `-t² cos νt`. */
function moments(beta: number, order: number): [number, number, number, number] {
  // Two of the integrands are not periodic: Simpson's rule, fine enough for twelve digits.
  const cells = 4000;
  const sums: [number, number, number, number] = [0, 0, 0, 0];
  for (let i = 0; i <= cells; i++) {
    const t = Math.PI * ((2 * i) / cells - 1);
    const weight = (i === 0 || i === cells ? 1 : i % 2 === 1 ? 4 : 2) / (3 * cells);
    const density = weight * Math.exp(beta * (Math.cos(t) - 1));
    const [cosine, sine] = [Math.cos(order * t), Math.sin(order * t)];
    sums[0] += density * cosine;
    sums[1] += density * Math.cos(t) * cosine;
    sums[2] -= density * t * sine;
    sums[3] -= density * t * t * cosine;
  }
  return sums;
}
