import type { Tensor } from '@tensorflow/tfjs-core';
import { breather } from '../breathe.js';
import { FlowConfigError } from '../errors.js';
import { effectiveSampleSize } from '../estimators/effective-sample-size.js';
import { checkLogWeights, logSumExp, normalize } from '../estimators/log-weights.js';
import type { RandomStream } from '../random.js';
import { moveAt, positionsOf, startAnnealing, type AnnealingOptions } from './annealing-options.js';
import { checkEnds, setLevel, weightChange, type PathEnds } from './annealing-path.js';
import { copyChain, type Chains } from './chains.js';
import type { EnergyLike } from './energy-like.js';

/** Options of {@link sequentialMonteCarlo}. */
export interface SequentialMonteCarloOptions extends AnnealingOptions {
  /**
   * Levels `λ`, ascending to 1; or `adaptive`: each as far from the one before as leaves the draws with the effective size
   * asked for. Default: `adaptive`.
   */
  readonly levels?: 'adaptive' | readonly number[];
  /** Effective size, as a fraction of the draws, below which they are drawn again by their weights. Default: 0.5. */
  readonly effectiveFraction?: number;
  /** Whether the step follows the acceptance that the sampler aims at, from level to level. Default: true. */
  readonly tune?: boolean;
}

/** Draws of the target: see {@link sequentialMonteCarlo}. */
export interface SequentialDraws {
  /** `[draws, ...eventShape]`; belongs to the caller. */
  readonly x: Tensor;
  /** Logarithms of weights with mean one, `[draws]`: zeros where the last thing done was drawing by weight. */
  readonly logWeights: Float64Array;
  /** Estimate of `log Z₁`. */
  readonly logPartition: number;
  /** Levels `λ` that the draws were moved to, in order; the last one is 1. */
  readonly levels: Float64Array;
  /** Mean acceptance at each level. */
  readonly acceptance: Float64Array;
  /** Times that the draws were drawn again. */
  readonly resamplings: number;
}

/** Least part of what is left of the path that an adaptive level takes. */
const LEAST_PART = 1e-6;

/**
 * Sequential Monte Carlo on the geometric path `u_λ = (1 - λ) u₀ + λ u₁`: draws of a base are weighted for the next level, drawn
 * again by their weights where these have become too unequal, and moved there, up to the target. With levels and steps fixed
 * beforehand, `e^{logPartition}` is `Z₁` on average; levels and steps that follow the draws add an error that goes to zero as
 * their number grows.
 *
 * Source: Del Moral, Doucet and Jasra, "Sequential Monte Carlo samplers", 2006; systematic resampling, Kitagawa, 1996.
 *
 * @throws FlowConfigError for options out of range, or a sampler that is not exact.
 * @throws FlowShapeError when base and target have different events.
 * @throws FlowDataError when no draw has any weight.
 * @throws FlowNumericsError naming the row where an energy is not a number.
 */
export async function sequentialMonteCarlo(
  target: EnergyLike,
  options: SequentialMonteCarloOptions,
): Promise<SequentialDraws> {
  const where = 'sequentialMonteCarlo';
  const { sampler, levels = 'adaptive', effectiveFraction = 0.5, tune = true, signal } = options;
  checkPlan(where, levels, effectiveFraction);
  const run = await startAnnealing(where, target, options);
  const { path, chains, forces, stream } = run;
  const breathe = breather();
  try {
    let logWeights = new Float64Array(chains.count);
    const [passed, acceptance]: [number[], number[]] = [[], []];
    let [logPartition, resamplings, level, { stepSize }] = [0, 0, 0, sampler.tuning];
    for (let index = 0; level < 1; index++) {
      signal?.throwIfAborted();
      const ends = await path.ends(chains.x, forces);
      checkEnds(where, ends);
      const next = levels === 'adaptive' ? nextLevel(where, logWeights, ends, level, effectiveFraction) : levels[index];
      const change = weightChange(ends, level, next);
      const weighted = logWeights.map((value, row) => value + change[row]);
      checkLogWeights(where, weighted, 'weights of the draws');
      const gain = logSumExp(weighted) - logSumExp(logWeights);
      logPartition += gain;
      logWeights = weighted.map((value) => value - logSumExp(weighted) + Math.log(chains.count));
      level = next;
      setLevel(chains, ends, level);
      // At the limit of an adaptive level, rounding is not to decide.
      if (effectiveSampleSize(logWeights) < effectiveFraction * chains.count * (levels === 'adaptive' ? 1.01 : 1)) {
        resample(chains, logWeights, stream.split(`resample ${index}`));
        logWeights.fill(0);
        resamplings++;
      }
      passed.push(level);
      acceptance.push(await moveAt(level, index, stepSize, sampler, run));
      const { acceptance: wanted } = sampler.tuning;
      if (tune && wanted !== null) stepSize *= Math.exp(acceptance.at(-1)! - wanted);
      options.onProgress?.({ index: index + 1, level, acceptance: acceptance.at(-1)! });
      await breathe();
    }
    return {
      x: positionsOf(chains, target.eventShape),
      logWeights,
      logPartition,
      levels: Float64Array.from(passed),
      acceptance: Float64Array.from(acceptance),
      resamplings,
    };
  } finally {
    path.dispose();
  }
}

/** The furthest level at which the draws keep the effective size, by bisection. */
function nextLevel(
  where: string,
  logWeights: Float64Array,
  ends: PathEnds,
  level: number,
  effectiveFraction: number,
): number {
  const wanted = effectiveFraction * logWeights.length;
  const sizeAt = (next: number) => {
    const change = weightChange(ends, level, next);
    const weighted = logWeights.map((value, row) => value + change[row]);
    checkLogWeights(where, weighted, 'weights of the draws');
    return effectiveSampleSize(weighted);
  };
  if (sizeAt(1) >= wanted) return 1;
  let [low, high] = [level, 1];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (sizeAt(middle) >= wanted) low = middle;
    else high = middle;
  }
  return Math.min(1, Math.max(low, level + LEAST_PART * (1 - level)));
}

/** Systematic resampling: each draw `N w` times, rounded up or down. */
function resample(chains: Chains, logWeights: Float64Array, stream: RandomStream): void {
  const { count } = chains;
  const weights = normalize(logWeights);
  const from: Chains = {
    ...chains,
    x: chains.x.slice(),
    energy: chains.energy.slice(),
    carried: Object.fromEntries(Object.entries(chains.carried).map(([name, values]) => [name, values.slice()])),
  };
  const offset = stream.next();
  let [row, sum] = [0, weights[0]];
  for (let i = 0; i < count; i++) {
    while (row + 1 < count && (i + offset) / count >= sum) sum += weights[++row];
    copyChain(from, row, chains, i);
  }
}

function checkPlan(where: string, levels: 'adaptive' | readonly number[], effectiveFraction: number): void {
  if (!(effectiveFraction > 0 && effectiveFraction < 1)) {
    throw new FlowConfigError(`${where}.effectiveFraction`, {
      expected: 'a number between 0 and 1',
      got: String(effectiveFraction),
    });
  }
  if (levels === 'adaptive') return;
  const rising = levels.every((level, i) => level > (i === 0 ? 0 : levels[i - 1]));
  if (levels.length > 0 && rising && levels.at(-1) === 1) return;
  throw new FlowConfigError(`${where}.levels`, {
    expected: '"adaptive", or ascending numbers from above 0 to 1',
    got: `[${levels.join(', ')}]`,
  });
}
