import { FlowNumericsError } from '../errors.js';
import { planBootstrap, resampledCounts, spreadOf, type BootstrapOptions } from './bootstrap.js';
import type { FreeEnergyDifference } from './free-energy.js';
import { checkFinite } from './log-weights.js';

/** Works in one direction, each counted some times. */
interface Works {
  readonly values: ArrayLike<number>;
  readonly counts: Float64Array | null;
}

const TOLERANCE = 1e-12;
const MAX_STEPS = 500;

/**
 * Bennett's acceptance ratio: the free energy difference `F₁ - F₀` from works in both directions, with the smallest variance
 * that such works allow. It solves `Σ_F 1 / (1 + (n_F/n_R) e^(w_F - ΔF)) = Σ_R 1 / (1 + (n_R/n_F) e^(w_R + ΔF))`.
 *
 * With a flow `g` from state 0 to state 1: `w_F = u₁(g(z)) - u₀(z) - log |det ∂g/∂z|` at draws `z` of state 0, and
 * `w_R = u₀(f(x)) - u₁(x) - log |det ∂f/∂x|` at draws `x` of state 1, `f = g⁻¹`; without one, `±(u₁ - u₀)`.
 *
 * The standard error is that of Shirts et al., "Equilibrium free energies from nonequilibrium measurements", 2003, for
 * independent works: thin out a Markov chain first.
 *
 * Source: Bennett, "Efficient estimation of free energy differences from Monte Carlo data", 1976.
 *
 * @param forwardWorks in kT
 * @param reverseWorks in kT
 * @throws FlowDataError for works that are not finite, or none of a kind.
 * @throws FlowConfigError for bootstrap options out of range.
 */
export function bennettAcceptanceRatio(
  forwardWorks: ArrayLike<number>,
  reverseWorks: ArrayLike<number>,
  options: BootstrapOptions = {},
): FreeEnergyDifference {
  const where = 'bennettAcceptanceRatio';
  checkFinite(where, forwardWorks, 'forwardWorks');
  checkFinite(where, reverseWorks, 'reverseWorks');
  const { resamples, confidence, stream } = planBootstrap(where, options);
  const all = (values: ArrayLike<number>): Works => ({ values, counts: null });
  const value = solve(all(forwardWorks), all(reverseWorks));
  const again = (values: ArrayLike<number>): Works => ({ values, counts: resampledCounts(values.length, stream) });
  const estimates = Array.from({ length: resamples }, () => solve(again(forwardWorks), again(reverseWorks), value));
  return {
    value,
    standardError: standardErrorAt(value, forwardWorks, reverseWorks),
    interval: spreadOf(estimates, confidence).interval,
  };
}

/** The root, by bisection and false position inside a bracket widened from the guess until the sign changes. */
function solve(forward: Works, reverse: Works, guess = middle(forward, reverse)): number {
  const excess = (difference: number) => balance(difference, forward, reverse);
  let width = 0.1;
  let [low, high] = [guess - width, guess + width];
  while (excess(low) > 0) low -= width *= 2;
  while (excess(high) < 0) high += width *= 2;
  let [below, above] = [excess(low), excess(high)];
  for (let step = 0; step < MAX_STEPS; step++) {
    if (high - low <= TOLERANCE * Math.max(1, Math.abs(low), Math.abs(high)) || below === above)
      return (low + high) / 2;
    // False position is fast where the balance is straight, every third step by bisection keeps the bracket shrinking.
    const straight = low - (below * (high - low)) / (above - below);
    const middle = step % 3 === 2 || !(straight > low && straight < high) ? (low + high) / 2 : straight;
    const value = excess(middle);
    if (value === 0) return middle;
    if (value < 0) [low, below] = [middle, value];
    else [high, above] = [middle, value];
  }
  throw new FlowNumericsError('bennettAcceptanceRatio', {
    expected: `a root to ${TOLERANCE} within ${MAX_STEPS} steps`,
    got: `a bracket from ${low} to ${high}`,
  });
}

/** Grows with the difference; zero at the estimate. */
function balance(difference: number, forward: Works, reverse: Works): number {
  const ratio = Math.log(forward.values.length / reverse.values.length);
  return (
    total(forward, (work) => fermi(ratio + work - difference)) -
    total(reverse, (work) => fermi(-ratio + work + difference))
  );
}

function standardErrorAt(difference: number, forward: ArrayLike<number>, reverse: ArrayLike<number>): number {
  const [n, m] = [forward.length, reverse.length];
  const ratio = Math.log(n / m);
  const part = (values: ArrayLike<number>, argument: (work: number) => number) => {
    const works: Works = { values, counts: null };
    const mean = total(works, (work) => fermi(argument(work))) / values.length;
    const square = total(works, (work) => fermi(argument(work)) ** 2) / values.length;
    return square / (mean * mean * values.length);
  };
  const variance =
    part(forward, (work) => ratio + work - difference) +
    part(reverse, (work) => -ratio + work + difference) -
    (n + m) / (n * m);
  return Math.sqrt(Math.max(0, variance));
}

/** Between the mean works, which bound the difference from both sides on average. */
function middle(forward: Works, reverse: Works): number {
  const mean = (works: Works) => total(works, (work) => work) / works.values.length;
  return (mean(forward) - mean(reverse)) / 2;
}

function total({ values, counts }: Works, term: (work: number) => number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++)
    sum += counts ? (counts[i] > 0 ? counts[i] * term(values[i]) : 0) : term(values[i]);
  return sum;
}

/** `1 / (1 + eˣ)` */
function fermi(x: number): number {
  return x > 0 ? Math.exp(-x) / (1 + Math.exp(-x)) : 1 / (1 + Math.exp(x));
}
