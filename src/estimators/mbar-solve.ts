import { FlowNumericsError } from '../errors.js';
import { cholesky } from '../numerics/cholesky.js';

/** Draws of several states, and their energies in all. */
export interface MbarProblem {
  /** `energies[k][n]` of draw `n` in state `k`. */
  readonly energies: readonly ArrayLike<number>[];
  /** Draws of each state. */
  readonly counts: readonly number[];
  /** How often each draw counts; null for once. */
  readonly multiplicities: Float64Array | null;
}

const TOLERANCE = 1e-10;
const MAX_STEPS = 10_000;

/**
 * Free energies in kT, relative to the first state, to 1e-10.
 *
 * @param start from where to iterate. Default: zeros.
 * @throws FlowNumericsError naming residual and iterations when they do not converge.
 */
export function solveFreeEnergies(problem: MbarProblem, start?: Float64Array): Float64Array {
  const { energies, counts } = problem;
  const sampled = counts.flatMap((count, state) => (count > 0 ? [state] : []));
  const consistentWith = (values: Float64Array, mixtures: Float64Array) => {
    const next = selfConsistent(problem, mixtures, sampled);
    return { next, residual: Math.max(...sampled.map((state) => Math.abs(next[state] - values[state]))) };
  };
  let free: Float64Array = start ? start.slice() : new Float64Array(energies.length);
  let mixtures = logMixtures(problem, free);
  let { next, residual } = consistentWith(free, mixtures);
  for (let step = 0; step < MAX_STEPS; step++) {
    const newton = newtonStep(problem, free, mixtures, sampled);
    // Where nothing connects the states any free energies solve the equations, and the Hessian is zero.
    if (residual < TOLERANCE && (newton || problem.multiplicities)) return completed(problem, free);
    if (residual < TOLERANCE) break;
    const newtonMixtures = newton && logMixtures(problem, newton);
    const found = newton && consistentWith(newton, newtonMixtures!);
    // Far from the solution a step of Newton's method may lead away.
    const better = found !== null && found.residual < residual;
    free = better ? newton! : next;
    mixtures = better ? newtonMixtures! : logMixtures(problem, free);
    ({ next, residual } = better ? found : consistentWith(free, mixtures));
  }
  throw new FlowNumericsError('mbar', {
    expected: `free energies that solve their equations to ${TOLERANCE} kT`,
    got:
      residual < TOLERANCE
        ? 'equations that leave them open'
        : `a residual of ${residual} after ${MAX_STEPS} iterations`,
    hint: 'No draws connect the states: add states in between.',
  });
}

/** `log Σ_k N_k exp(f_k - u_k(x_n))` for every draw. */
export function logMixtures({ energies, counts }: MbarProblem, free: Float64Array): Float64Array {
  const draws = energies[0].length;
  const highest = new Float64Array(draws).fill(-Infinity);
  const sums = new Float64Array(draws);
  const offsets = counts.map((count, state) => (count > 0 ? Math.log(count) + free[state] : null));
  offsets.forEach((offset, state) => {
    if (offset === null) return;
    const own = energies[state];
    for (let n = 0; n < draws; n++) highest[n] = Math.max(highest[n], offset - own[n]);
  });
  offsets.forEach((offset, state) => {
    if (offset === null) return;
    const own = energies[state];
    for (let n = 0; n < draws; n++) sums[n] += Math.exp(offset - own[n] - highest[n]);
  });
  return sums.map((sum, n) => Math.log(sum) + highest[n]);
}

/** Free energies of the states given that follow from the mixtures, relative to the first; others stay zero. */
function selfConsistent(problem: MbarProblem, mixtures: Float64Array, states: readonly number[]): Float64Array {
  const { energies, multiplicities } = problem;
  const free = new Float64Array(energies.length);
  for (const state of states) {
    const own = energies[state];
    let highest = -Infinity;
    for (let n = 0; n < mixtures.length; n++) {
      if (multiplicities?.[n] !== 0) highest = Math.max(highest, -own[n] - mixtures[n]);
    }
    let sum = 0;
    for (let n = 0; n < mixtures.length; n++) {
      const times = multiplicities ? multiplicities[n] : 1;
      if (times > 0) sum += times * Math.exp(-own[n] - mixtures[n] - highest);
    }
    free[state] = -Math.log(sum) - highest;
  }
  const first = free[states[0]];
  for (const state of states) free[state] -= first;
  return free;
}

/** States without draws follow from those with; all relative to the first. */
function completed(problem: MbarProblem, free: Float64Array): Float64Array {
  const every = problem.energies.map((_, state) => state);
  return selfConsistent(problem, logMixtures(problem, free), every);
}

/** One step of Newton's method with the first sampled state held; null where the Hessian is not positive definite. */
function newtonStep(
  { energies, counts, multiplicities }: MbarProblem,
  free: Float64Array,
  mixtures: Float64Array,
  sampled: readonly number[],
): Float64Array | null {
  const moving = sampled.slice(1);
  const gradient = moving.map((state) => -counts[state]);
  const hessian = moving.map(() => moving.map(() => 0));
  const shares = new Float64Array(moving.length);
  for (let n = 0; n < mixtures.length; n++) {
    const times = multiplicities ? multiplicities[n] : 1;
    if (times === 0) continue;
    moving.forEach((state, i) => {
      shares[i] = counts[state] * Math.exp(free[state] - energies[state][n] - mixtures[n]);
    });
    for (let i = 0; i < moving.length; i++) {
      gradient[i] += times * shares[i];
      hessian[i][i] += times * shares[i];
      for (let j = 0; j <= i; j++) hessian[i][j] -= times * shares[i] * shares[j];
    }
  }
  const factor = cholesky(hessian);
  if (!factor) return null;
  const step = solveWith(factor, gradient);
  const next = free.slice();
  moving.forEach((state, i) => (next[state] -= step[i]));
  return next.every(Number.isFinite) ? next : null;
}

/** Solves `L Lᵀ x = b`. */
function solveWith(factor: readonly (readonly number[])[], b: readonly number[]): number[] {
  const x = [...b];
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < i; j++) x[i] -= factor[i][j] * x[j];
    x[i] /= factor[i][i];
  }
  for (let i = x.length - 1; i >= 0; i--) {
    for (let j = i + 1; j < x.length; j++) x[i] -= factor[j][i] * x[j];
    x[i] /= factor[i][i];
  }
  return x;
}
