import { FlowConfigError, FlowShapeError } from '../errors.js';
import { planBootstrap, spreadOf, type BootstrapOptions, type BootstrapPlan } from './bootstrap.js';
import type { FreeEnergyDifference } from './free-energy.js';
import { checkFinite } from './log-weights.js';
import { logMixtures, solveFreeEnergies, type MbarProblem } from './mbar-solve.js';
import type { Estimate } from './weighted-mean.js';
import { weightedMean } from './weighted-mean.js';

/** Free energies of all states at once, and weights of all draws in each: see {@link mbar}. */
export interface MbarResult {
  /** In kT, relative to the first state, `[states]`. */
  readonly freeEnergies: Float64Array;
  /** `F_to - F_from`, with its bootstrap uncertainty. */
  difference(from: number, to: number): FreeEnergyDifference;
  /** Log-weights of all draws that make them draws of a state; normalised, `[draws]`. */
  logWeights(state: number): Float64Array;
  /** Mean in a state of what has these values at the draws. */
  mean(values: ArrayLike<number>, state: number): Estimate;
  /** Probability that a draw of state `row` is one of state `column` as well; near zero where states do not overlap. */
  readonly overlap: readonly Float64Array[];
}

/**
 * The multistate Bennett acceptance ratio: free energies of many states from draws of several of them, with the smallest
 * asymptotic variance. States without draws are reweighted to. A flow is one more state, with energy `-log q`.
 *
 * `f_i = -log Σ_n exp(-u_i(x_n)) / Σ_k N_k exp(f_k - u_k(x_n))`, solved by steps of Newton's method on the convex function
 * whose stationary point that is, and of self-consistent iteration where those do not bring it nearer.
 *
 * Source: Shirts and Chodera, "Statistically optimal analysis of samples from multiple equilibrium states", 2008.
 *
 * @param energies of every draw in every state, in kT: `energies[k][n] = u_k(x_n)`, the draws of state 0 first
 * @param counts draws of each state; their sum is the number of draws
 * @throws FlowShapeError when the states have not as many energies as there are draws.
 * @throws FlowDataError for energies that are not finite.
 * @throws FlowConfigError for counts that are no counts, or bootstrap options out of range.
 * @throws FlowNumericsError when the equations are not solved to 1e-10 kT: no draws connect the states.
 */
export function mbar(
  energies: readonly ArrayLike<number>[],
  counts: readonly number[],
  options: BootstrapOptions = {},
): MbarResult {
  const where = 'mbar';
  const problem = checkProblem(where, energies, counts);
  const plan = planBootstrap(where, options);
  const solved = solveFreeEnergies(problem);
  const freeEnergies = solved.map((value) => value - solved[0]);
  const mixture = logMixtures(problem, freeEnergies);
  let resampled: Float64Array[] | null = null;
  const logWeights = (state: number): Float64Array => {
    checkState(`${where}.logWeights`, state, energies.length);
    return mixture.map((logMixture, n) => freeEnergies[state] - energies[state][n] - logMixture);
  };
  return {
    freeEnergies,
    logWeights,
    mean: (values, state) => weightedMean(values, logWeights(state)),
    difference(from, to) {
      for (const state of [from, to]) checkState(`${where}.difference`, state, energies.length);
      resampled ??= resample(problem, freeEnergies, plan);
      const estimates = resampled.map((found) => found[to] - found[from]);
      return { value: freeEnergies[to] - freeEnergies[from], ...spreadOf(estimates, plan.confidence) };
    },
    get overlap() {
      return overlapOf(problem, freeEnergies, mixture);
    },
  };
}

/** Solutions for draws of each state drawn again. */
function resample(problem: MbarProblem, start: Float64Array, { resamples, stream }: BootstrapPlan): Float64Array[] {
  const { counts } = problem;
  const draws = problem.energies[0].length;
  return Array.from({ length: resamples }, () => {
    const multiplicities = new Float64Array(draws);
    let first = 0;
    for (const count of counts) {
      for (let i = 0; i < count; i++) multiplicities[first + stream.nextInteger(count)]++;
      first += count;
    }
    return solveFreeEnergies({ ...problem, multiplicities }, start);
  });
}

/** `O_ij = Σ_n W_in N_j W_jn`, each row a distribution over states. */
function overlapOf({ energies, counts }: MbarProblem, free: Float64Array, mixture: Float64Array): Float64Array[] {
  return energies.map((own, i) =>
    Float64Array.from(energies, (others, j) => {
      let sum = 0;
      for (let n = 0; n < own.length; n++) {
        sum += Math.exp(free[i] - own[n] + free[j] - others[n] - 2 * mixture[n]);
      }
      return counts[j] * sum;
    }),
  );
}

function checkProblem(where: string, energies: readonly ArrayLike<number>[], counts: readonly number[]): MbarProblem {
  if (counts.length !== energies.length || counts.some((count) => !Number.isInteger(count) || count < 0)) {
    throw new FlowConfigError(`${where}.counts`, {
      expected: `${energies.length} whole numbers, one a state`,
      got: `[${counts.join(', ')}]`,
    });
  }
  const draws = counts.reduce((sum, count) => sum + count, 0);
  energies.forEach((own, state) => {
    if (own.length !== draws) {
      throw new FlowShapeError(`${where}.energies`, {
        expected: `${draws} energies in every state, one for each of the draws counted in \`counts\``,
        got: `${own.length} in state ${state}`,
      });
    }
    checkFinite(where, own, `energies[${state}]`);
  });
  return { energies, counts, multiplicities: null };
}

function checkState(where: string, state: number, states: number): void {
  if (Number.isInteger(state) && state >= 0 && state < states) return;
  throw new FlowConfigError(where, { expected: `a state from 0 to ${states - 1}`, got: String(state) });
}
