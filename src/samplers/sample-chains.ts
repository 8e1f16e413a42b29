import type { Tensor } from '@tensorflow/tfjs-core';
import type { Bijector } from '../bijectors/bijector.js';
import { breather } from '../breathe.js';
import { checkInteger } from '../conditioners/check.js';
import { FlowConfigError, FlowShapeError } from '../errors.js';
import { RandomStream, type Seed } from '../random.js';
import { formatShape, sameShape, sizeOf } from '../shapes.js';
import { adapt, startAdaptation, type Adaptation } from './adaptation.js';
import { checkStart, massesOf, restoreChains, roundChains, startChains, storeChains } from './chain-rows.js';
import type { Chains } from './chains.js';
import { checkEnergy, pulledBackEnergy, type EnergyLike } from './energy-like.js';
import { wrapFor, type Periods } from './periods.js';
import { DrawRecord } from './draw-record.js';
import type { Sampler } from './sampler.js';
import type { SamplerState } from './sampler-state.js';
import { RunTarget } from './target.js';

/** What is told of a run after every transition. */
export interface ChainProgress {
  /** Transitions made. */
  readonly step: number;
  /** Transitions that there will be. */
  readonly steps: number;
  /** Whether steps are still being tuned, and draws not kept. */
  readonly warmingUp: boolean;
  /** Mean over chains of the transition just made. */
  readonly acceptance: number;
  /** As it is now. */
  readonly stepSize: number;
}

/** Options of {@link sampleChains}. */
export interface SampleChainsOptions {
  /** What makes the transitions; it is not changed. */
  readonly sampler: Sampler;
  /** Where chains start, `[chains, ...eventShape]`. Needed unless a run is resumed. */
  readonly start?: Tensor;
  /** Draws of each chain. */
  readonly draws: number;
  /** Transitions before the first draw is kept, in which steps are tuned. Default: 500. A resumed run has the rest of its own. */
  readonly warmup?: number;
  /** Transitions from one draw to the next. Default: 1. */
  readonly thin?: number;
  /** Seed of all that is random. Default: 0. A resumed run goes on with its own. */
  readonly seed?: Seed;
  /**
   * A map `x = f(z)`, such as that of a trained flow: chains run on `z`, in the energy `u(f(z)) - log |det ∂f/∂z|`, and
   * draws are `f(z)`. Starts are still given as `x`. With `Hmc`, that is field-transformation HMC.
   */
  readonly through?: Bijector;
  /** Periods of the coordinates that chains run on, which are wrapped after every transition. Default: none. */
  readonly periods?: Periods;
  /** State of a run to go on from: what follows is what would have followed, bit for bit. */
  readonly resume?: SamplerState;
  /** Called after every transition. */
  readonly onProgress?: (progress: ChainProgress) => void;
  /** Stops after the transition in progress; the run still returns what it has. */
  readonly signal?: AbortSignal;
}

/** What {@link sampleChains} returns. */
export interface ChainRun {
  /** `[draws, chains, ...eventShape]`; belongs to the caller. */
  readonly samples: Tensor;
  /** Of what the chains run in, in kT, `[draws, chains]`. */
  readonly energies: Float64Array;
  /** Mean acceptance of each chain after warm-up; with several copies a chain, of each copy, `[copies, chains]`. */
  readonly acceptance: Float64Array;
  /** Means of what else the sampler counts, likewise. */
  readonly statistics: Readonly<Record<string, Float64Array>>;
  /** Step size that the draws were made with. */
  readonly stepSize: number;
  /** Where chains stand, to be resumed. */
  readonly state: SamplerState;
  /** Whether the signal ended it. */
  readonly aborted: boolean;
}

const WHERE = 'sampleChains';

/**
 * Runs many Markov chains side by side in an energy, as rows of one batch: a warm-up that tunes steps, then draws.
 *
 * Positions are in double precision within a transition; energies are float32, so that differences of energies beyond some
 * 1e5 kT are lost. A proposal whose energy is infinite or not a number is refused.
 *
 * @param energy reduced energy in kT; `new FlowEnergy({ flow })` for a density
 * @throws FlowConfigError for options out of range, or a state of another sampler.
 * @throws FlowShapeError for starts or a map that do not fit the energy.
 * @throws FlowDataError naming the chains that start where the energy is not finite.
 * @throws FlowNumericsError naming the chain, where a sampler that refuses nothing loses it.
 *
 * @example
 * const { samples } = await sampleChains(new DoubleWell(), { sampler: new Nuts(), start: tf.zeros([8, 2]), draws: 1000 });
 * summarizeChains(samples).rHat;
 */
export async function sampleChains(energy: EnergyLike, options: SampleChainsOptions): Promise<ChainRun> {
  const { sampler, draws, thin = 1, resume = null, through = null, periods = null, signal } = options;
  checkEnergy(`${WHERE}.energy`, energy);
  checkInteger(`${WHERE}.draws`, draws, 0);
  checkInteger(`${WHERE}.thin`, thin);
  checkInteger(`${WHERE}.warmup`, options.warmup ?? 0, 0);
  const own = through ? pulledBackEnergy(`${WHERE}.through`, energy, through) : energy;
  const wrap = wrapFor(WHERE, periods, own.eventShape);
  const target = new RunTarget(own);
  const breathe = breather();
  try {
    const run = resume ? resumed(sampler, resume, own) : await started(energy, own, target, options);
    const { chains, stream, adaptation } = run;
    const rows = chains.count / sampler.copies;
    const record = new DrawRecord(rows, chains.size);
    let step = run.step;
    const done = Math.max(0, step - adaptation.warmup);
    const last = Math.max(step, adaptation.warmup) - (done % thin) + draws * thin;
    let masses = massesOf(adaptation.scale, chains.size);
    for (; step < last && !signal?.aborted; step++) {
      const { stepSize } = adaptation;
      const move = { target, stream: stream.split(step), step, stepSize, masses };
      const { acceptance, statistics = {} } = await sampler.transition(chains, move);
      wrap(chains.x);
      roundChains(chains);
      const warmingUp = step < adaptation.warmup;
      const mean = acceptance.reduce((sum, value) => sum + value, 0) / acceptance.length;
      if (warmingUp) {
        adapt(adaptation, step, mean, sampler.tuning, chains.x.subarray(0, rows * chains.size), chains.size);
        masses = massesOf(adaptation.scale, chains.size);
      } else {
        record.count(acceptance, statistics);
        if ((step + 1 - adaptation.warmup) % thin === 0) record.add(chains);
      }
      options.onProgress?.({ step: step + 1, steps: last, warmingUp, acceptance: mean, stepSize });
      await breathe();
    }
    const { stepSize } = adaptation;
    const state: SamplerState = {
      sampler: sampler.name,
      seed: stream.key,
      step,
      adaptation: structuredClone(adaptation),
      tensors: storeChains(chains, own.eventShape),
    };
    const samples = record.samples(own.eventShape, through);
    return { samples, ...record.summary, stepSize, state, aborted: step < last };
  } finally {
    target.dispose();
  }
}

interface Run {
  readonly chains: Chains;
  readonly stream: RandomStream;
  readonly step: number;
  readonly adaptation: Adaptation;
}

/** Chains at their start, with all that they carry. */
async function started(
  energy: EnergyLike,
  own: EnergyLike,
  target: RunTarget,
  { sampler, start, through, seed = 0, warmup = 500 }: SampleChainsOptions,
): Promise<Run> {
  if (
    !start ||
    start.shape.length === 0 ||
    start.shape[0] === 0 ||
    !sameShape(start.shape.slice(1), energy.eventShape)
  ) {
    throw new FlowShapeError(`${WHERE}.start`, {
      expected: `positions of shape [${['chains', ...energy.eventShape].join(', ')}]`,
      got: start ? formatShape(start.shape) : 'none',
    });
  }
  const positions = through ? through.inverse(start) : start;
  const chains = startChains((await positions.data()) as Float32Array, sizeOf(own.eventShape), sampler.copies);
  if (positions !== start) positions.dispose();
  const stream = new RandomStream(RandomStream.from(seed).key);
  await sampler.begin(chains, { target, stream: stream.split('begin'), masses: massesOf(null, chains.size) });
  checkStart(WHERE, chains, sampler.copies);
  roundChains(chains);
  return { chains, stream, step: 0, adaptation: startAdaptation(sampler.tuning, warmup) };
}

function resumed(sampler: Sampler, state: SamplerState, { eventShape }: EnergyLike): Run {
  if (state.sampler !== sampler.name) {
    throw new FlowConfigError(`${WHERE}.resume`, {
      expected: `the state of a run of ${sampler.name}`,
      got: `one of ${state.sampler}`,
    });
  }
  const chains = restoreChains(`${WHERE}.resume`, state.tensors, eventShape);
  const { seed, step, adaptation } = state;
  return { chains, stream: new RandomStream(seed), step, adaptation: structuredClone(adaptation) };
}
