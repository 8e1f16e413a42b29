import { planBootstrap, resampledCounts, spreadOf, type BootstrapOptions } from './bootstrap.js';
import { checkLogWeights, logSumExp, normalize, type LogWeights } from './log-weights.js';

/** A difference of free energies in kT, `-log(Z₁ / Z₀)`, with its uncertainty. */
export interface FreeEnergyDifference {
  /** In kT. */
  readonly value: number;
  /** Of the asymptotic formula of the estimator where there is one, else of the bootstrap. */
  readonly standardError: number;
  /** Bootstrap percentiles. */
  readonly interval: readonly [number, number];
}

/**
 * Free energy perturbation: `F₁ - F₀ = -log ⟨w⟩₀`, `w = exp(-u₁ + u₀)` at draws of state 0. With draws `x = g(z)` of a flow,
 * whose log-weights are `-u₁(x) + u₀(z) + log |det ∂g/∂z|`, it is the targeted or learned one; with weights of annealed
 * importance sampling or of the paths of a stochastic flow, Jarzynski's. Use draws that the flow was not trained on: on
 * its own training draws the estimate is too low.
 *
 * One-sided: what the draws miss is missing, and the bias, upward on average, falls off slowly. With draws of both states
 * use {@link bennettAcceptanceRatio}.
 *
 * Sources: Zwanzig, 1954; Jarzynski, "Targeted free energy perturbation", 2002; Wirnsberger et al., 2020.
 *
 * @throws FlowDataError for weights that are not numbers, or all zero.
 * @throws FlowConfigError for bootstrap options out of range.
 */
export function freeEnergyPerturbation(logWeights: LogWeights, options: BootstrapOptions = {}): FreeEnergyDifference {
  const where = 'freeEnergyPerturbation';
  checkLogWeights(where, logWeights);
  const { resamples, confidence, stream } = planBootstrap(where, options);
  const n = logWeights.length;
  const weights = normalize(logWeights);
  const value = Math.log(n) - logSumExp(logWeights);
  const estimates = Array.from({ length: resamples }, () => {
    const counts = resampledCounts(n, stream);
    return value - Math.log(weights.reduce((sum, weight, i) => sum + weight * counts[i], 0));
  });
  // Of -log of a mean: the relative error of the mean.
  const variance = weights.reduce((sum, weight) => sum + (weight - 1 / n) ** 2, 0);
  // A resample of weights of zero alone has no free energy.
  const finite = estimates.filter(Number.isFinite);
  return { value, standardError: Math.sqrt(variance), interval: spreadOf(finite, confidence).interval };
}
