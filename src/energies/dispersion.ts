import type { Box } from '../conditioners/bodies/body-view.js';
import { gaussLegendre } from '../numerics/quadrature.js';

/** A Lennard-Jones potential `4ε ((σ/r)¹² - (σ/r)⁶)`. */
export interface LennardJonesPair {
  /** In nm. */
  readonly sigma: number;
  /** In kJ/mol. */
  readonly epsilon: number;
}

/** `σ = (σ + σ')/2`, `ε = √(ε ε')`, after Lorentz and Berthelot. */
export function mixed(a: LennardJonesPair, b: LennardJonesPair): LennardJonesPair {
  return { sigma: (a.sigma + b.sigma) / 2, epsilon: Math.sqrt(a.epsilon * b.epsilon) };
}

/** `1 - t³ (10 - 15 t + 6 t²)`: from 1 to 0 as `t` does from 0 to 1, with two continuous derivatives. */
export function switchValue(t: number): number {
  return 1 - t ** 3 * (10 - 15 * t + 6 * t * t);
}

/**
 * What a Lennard-Jones potential that is switched off between `from` and `cutoff` lacks in even surroundings, in kJ/mol for a pair
 * of sites that are anywhere in the box: `4π/V ∫ (1 - S(r)) U(r) r² dr`.
 */
export function dispersionOfPair({ sigma, epsilon }: LennardJonesPair, from: number, cutoff: number, box: Box): number {
  const potential = (r: number) => 4 * epsilon * ((sigma / r) ** 12 - (sigma / r) ** 6);
  let sum = 4 * epsilon * (sigma ** 12 / (9 * cutoff ** 9) - sigma ** 6 / (3 * cutoff ** 3));
  const { nodes, weights } = gaussLegendre(40);
  nodes.forEach((t, i) => {
    const r = from + t * (cutoff - from);
    sum += (cutoff - from) * weights[i] * (1 - switchValue(t)) * potential(r) * r * r;
  });
  return (4 * Math.PI * sum) / (box[0] * box[1] * box[2]);
}
