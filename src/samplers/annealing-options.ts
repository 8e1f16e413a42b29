import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import type { Distribution } from '../distributions/distribution.js';
import { FlowConfigError, FlowShapeError } from '../errors.js';
import { RandomStream, type Seed } from '../random.js';
import { formatShape, sameShape, sizeOf, type Shape } from '../shapes.js';
import { AnnealingPath } from './annealing-path.js';
import { massesOf, roundChains, startChains } from './chain-rows.js';
import type { Chains } from './chains.js';
import { checkDensity, checkEnergy, negativeLogDensity, type EnergyLike } from './energy-like.js';
import type { Sampler } from './sampler.js';

/** What is told of a run after every level. */
export interface AnnealingProgress {
  /** Levels passed. */
  readonly index: number;
  /** From 0 for the base to 1 for the target. */
  readonly level: number;
  /** Mean over rows and transitions. */
  readonly acceptance: number;
}

/** Options of all that anneals. */
export interface AnnealingOptions {
  /** Normalised density that draws start from, such as a flow; it still belongs to the caller. */
  readonly base: Distribution;
  /** What moves the draws at every level; it has to leave `exp(-u)` exactly invariant. */
  readonly sampler: Sampler;
  /** Number of draws. */
  readonly draws: number;
  /** Transitions at each level. Default: 1. */
  readonly transitions?: number;
  /** Seed of all that is random. Default: 0. */
  readonly seed?: Seed;
  /** Called after every level. */
  readonly onProgress?: (progress: AnnealingProgress) => void;
  /** Stops between levels, with the reason of the signal as an error: weights of half a path are of no use. */
  readonly signal?: AbortSignal;
}

/** A run that is about to begin. */
export interface Annealing {
  readonly path: AnnealingPath;
  readonly chains: Chains;
  readonly stream: RandomStream;
  readonly masses: Float64Array;
  readonly transitions: number;
  readonly forces: boolean;
}

/**
 * Checks the options, and draws from the base.
 *
 * @param given a path between both that is kept from run to run; default: a new one
 * @throws FlowConfigError for options out of range, or a sampler that is not exact.
 * @throws FlowShapeError when base and target have different events.
 */
export async function startAnnealing(
  where: string,
  target: EnergyLike,
  options: AnnealingOptions,
  given: AnnealingPath | null = null,
): Promise<Annealing> {
  const { base, sampler, draws, transitions = 1, seed = 0 } = options;
  checkEnergy(`${where}.target`, target);
  checkDensity(`${where}.base`, base);
  checkInteger(`${where}.draws`, draws);
  checkInteger(`${where}.transitions`, transitions);
  if (!sameShape(base.eventShape, target.eventShape)) {
    throw new FlowShapeError(`${where}.base`, {
      expected: `a density of events of shape ${formatShape(target.eventShape)}`,
      got: formatShape(base.eventShape),
    });
  }
  if (!sampler.exact || sampler.copies > 1) {
    throw new FlowConfigError(`${where}.sampler`, {
      expected: 'a sampler of one copy that leaves the density as it is',
      got: sampler.name,
      hint: 'Take one that may refuse steps: Mala, Hmc, RandomWalkMetropolis, a metropolized UnderdampedLangevin.',
    });
  }
  const stream = new RandomStream(RandomStream.from(seed).key);
  const drawn = base.sample(draws, { seed: stream.split('base') });
  const size = sizeOf(base.eventShape);
  const chains = startChains(await drawn.data(), size, 1);
  drawn.dispose();
  const path = given ?? new AnnealingPath(negativeLogDensity(where, base), target);
  const masses = massesOf(null, size);
  const forces = sampler.carries.includes('force');
  await sampler.begin(chains, { target: path.at(0), stream: stream.split('begin'), masses });
  return { path, chains, stream, masses, transitions, forces };
}

/** Transitions at one level, whose energies the chains have; returns their mean acceptance. */
export async function moveAt(
  level: number,
  index: number,
  stepSize: number,
  sampler: Sampler,
  { path, chains, stream, masses, transitions }: Annealing,
): Promise<number> {
  let sum = 0;
  for (let turn = 0; turn < transitions; turn++) {
    const step = index * transitions + turn;
    const { acceptance } = await sampler.transition(chains, {
      target: path.at(level),
      stream: stream.split(step),
      step,
      stepSize,
      masses,
    });
    roundChains(chains);
    sum += acceptance.reduce((total, value) => total + value, 0) / acceptance.length;
  }
  return sum / transitions;
}

/** Positions as a tensor that belongs to the caller. */
export function positionsOf({ count, x }: Chains, eventShape: Shape): Tensor {
  return tf.tensor(Float32Array.from(x), [count, ...eventShape], 'float32');
}
