import type { Tensor } from '@tensorflow/tfjs-core';
import { breather } from '../breathe.js';
import { FlowConfigError } from '../errors.js';
import { moveAt, positionsOf, startAnnealing, type AnnealingOptions } from './annealing-options.js';
import { checkEnds, setLevel, weightChange, type AnnealingPath } from './annealing-path.js';
import type { EnergyLike } from './energy-like.js';

/** Options of {@link annealedImportanceSampling}. */
export interface AnnealedImportanceSamplingOptions extends AnnealingOptions {
  /**
   * Levels `λ` at which draws are moved, in the order of the path, each strictly between 0 and the end; or how many of them,
   * equally spaced. Default: 10.
   */
  readonly levels?: number | readonly number[];
  /** Where the path ends. Default: 1, the target; 2 for `p²/q`, from which an α-divergence of 2 is trained. */
  readonly end?: number;
  /** Length of a step at each level. Default: that of the sampler at all of them. */
  readonly stepSizes?: readonly number[];
}

/** Weighted draws: see {@link annealedImportanceSampling}. */
export interface AnnealedDraws {
  /** `[draws, ...eventShape]`; belongs to the caller. */
  readonly x: Tensor;
  /**
   * Of the target at the end of the path, `[draws]`: minus infinity for a weight of zero. `logMeanWeight` of them is
   * `log Z`, `freeEnergyPerturbation` the same with uncertainties and the sign turned.
   */
  readonly logWeights: Float64Array;
  /** Mean acceptance at each level. */
  readonly acceptance: Float64Array;
}

/**
 * Annealed importance sampling: draws of a base, moved at levels of the geometric path `u_λ = (1 - λ) u₀ + λ u₁` on their way
 * to the target, with weights that make up for never having reached equilibrium,
 * `log w = Σ_j [u_{λ_j}(x_j) - u_{λ_{j+1}}(x_j)]`. Their mean is `Z₁`, whatever the number of levels and the steps.
 *
 * With `end: 2` the path goes beyond the target, `(1 - 2b) log q + 2b log p`: that of flow annealed importance sampling
 * bootstrap, whose levels `b` are half of `λ`.
 *
 * Sources: Neal, "Annealed importance sampling", 2001; Midgley et al., 2023.
 *
 * @throws FlowConfigError for options out of range, or a sampler that is not exact.
 * @throws FlowShapeError when base and target have different events.
 * @throws FlowNumericsError naming the row where an energy is not a number.
 *
 * @example
 * const { logWeights } = await annealedImportanceSampling(energy, { base: flow, sampler: new Hmc(), draws: 1000 });
 * effectiveSampleSize(logWeights);
 */
export async function annealedImportanceSampling(
  target: EnergyLike,
  options: AnnealedImportanceSamplingOptions,
): Promise<AnnealedDraws> {
  return annealAlong(null, target, options);
}

/**
 * The same along a path that is kept from run to run, so that what evaluates it is prepared once; its variables may change between runs.
 *
 * @param given belongs to the caller; null for a path of this run alone
 */
export async function annealAlong(
  given: AnnealingPath | null,
  target: EnergyLike,
  options: AnnealedImportanceSamplingOptions,
): Promise<AnnealedDraws> {
  const where = 'annealedImportanceSampling';
  const { sampler, end = 1, signal } = options;
  const levels = levelsOf(where, options.levels ?? 10, end);
  const stepSizes = options.stepSizes ?? levels.map(() => sampler.tuning.stepSize);
  if (stepSizes.length !== levels.length || stepSizes.some((step) => !(step > 0 && step < Infinity))) {
    throw new FlowConfigError(`${where}.stepSizes`, {
      expected: `${levels.length} positive numbers, one a level`,
      got: `[${stepSizes.join(', ')}]`,
    });
  }
  const run = await startAnnealing(where, target, options, given);
  const { path, chains, forces } = run;
  const breathe = breather();
  try {
    const logWeights = new Float64Array(chains.count);
    const acceptance = new Float64Array(levels.length);
    let before = 0;
    for (const [index, level] of [...levels, end].entries()) {
      signal?.throwIfAborted();
      const ends = await path.ends(chains.x, forces);
      checkEnds(where, ends);
      weightChange(ends, before, level).forEach((change, row) => (logWeights[row] += change));
      before = level;
      if (index === levels.length) break;
      setLevel(chains, ends, level);
      acceptance[index] = await moveAt(level, index, stepSizes[index], sampler, run);
      options.onProgress?.({ index: index + 1, level, acceptance: acceptance[index] });
      await breathe();
    }
    return { x: positionsOf(chains, target.eventShape), logWeights, acceptance };
  } finally {
    if (!given) path.dispose();
  }
}

function levelsOf(where: string, levels: number | readonly number[], end: number): readonly number[] {
  if (!(end > 0 && end < Infinity)) {
    throw new FlowConfigError(`${where}.end`, { expected: 'a positive number', got: String(end) });
  }
  if (typeof levels === 'number') {
    if (!Number.isInteger(levels) || levels < 0) {
      throw new FlowConfigError(`${where}.levels`, { expected: 'a whole number, or a list', got: String(levels) });
    }
    return Array.from({ length: levels }, (_, i) => (end * (i + 1)) / (levels + 1));
  }
  if (levels.every((level, i) => level > (i === 0 ? 0 : levels[i - 1]) && level <= end)) return levels;
  throw new FlowConfigError(`${where}.levels`, {
    expected: `ascending numbers above 0 and up to ${end}`,
    got: `[${levels.join(', ')}]`,
  });
}
