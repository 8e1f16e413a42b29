import { checkInteger } from '../conditioners/check.js';
import { FlowConfigError } from '../errors.js';
import type { Chains, Move, Transition } from './chains.js';
import { Sampler } from './sampler.js';

/** Options of {@link SamplerCycle}. */
export interface SamplerCycleOptions {
  /** Samplers that take turns; at most one whose step warm-up tunes. */
  readonly samplers: readonly Sampler[];
  /** Transitions of each in its turn. Default: 1 each. */
  readonly moves?: readonly number[];
}

/**
 * Samplers that take turns: local steps, and jumps that a flow proposes. The acceptance is that of the sampler whose step is
 * tuned, else of the last; statistics are `acceptance[i]` of each. A turn costs one evaluation of the energy more than its moves.
 *
 * Source: Gabrié, Rotskoff and Vanden-Eijnden, "Adaptive Monte Carlo augmented with normalizing flows", 2022.
 */
export class SamplerCycle extends Sampler {
  override readonly name;
  override readonly tuning;
  override readonly exact: boolean;
  readonly #samplers: readonly Sampler[];
  readonly #moves: readonly number[];
  readonly #tuned: number;

  /** @throws FlowConfigError for no samplers, several that are tuned, samplers of several copies, or other numbers of moves. */
  constructor({ samplers, moves = samplers.map(() => 1) }: SamplerCycleOptions) {
    super();
    const tuned = samplers.filter(({ tuning }) => tuning.acceptance !== null);
    if (samplers.length === 0 || tuned.length > 1 || samplers.some(({ copies }) => copies > 1)) {
      throw new FlowConfigError('SamplerCycle.samplers', {
        expected: 'samplers of one copy, at most one of them with a step to tune',
        got: samplers.length === 0 ? 'none' : samplers.map(({ name }) => name).join(', '),
        hint: 'Fix steps that have been found by a run of their own.',
      });
    }
    if (moves.length !== samplers.length) {
      throw new FlowConfigError('SamplerCycle.moves', {
        expected: `${samplers.length} numbers, one a sampler`,
        got: `${moves.length}`,
      });
    }
    moves.forEach((count, i) => checkInteger(`SamplerCycle.moves[${i}]`, count));
    this.name = `SamplerCycle(${samplers.map(({ name }) => name).join(', ')})`;
    this.tuning = tuned[0]?.tuning ?? { stepSize: 1, acceptance: null, scale: false };
    this.exact = samplers.every(({ exact }) => exact);
    this.#samplers = samplers;
    this.#moves = moves;
    this.#tuned = tuned.length > 0 ? samplers.indexOf(tuned[0]) : samplers.length - 1;
  }

  override async transition(chains: Chains, move: Move): Promise<Transition> {
    const acceptances: Float64Array[] = [];
    for (const [i, sampler] of this.#samplers.entries()) {
      // What the others carry means nothing here, and what this one did has been left behind.
      const own: Chains = { ...chains, carried: {} };
      const stream = move.stream.split(i);
      await sampler.begin(own, { ...move, stream });
      const stepSize = i === this.#tuned ? move.stepSize : sampler.tuning.stepSize;
      const mean = new Float64Array(chains.count);
      for (let turn = 0; turn < this.#moves[i]; turn++) {
        const { acceptance } = await sampler.transition(own, { ...move, stepSize, stream: stream.split(turn) });
        acceptance.forEach((value, chain) => (mean[chain] += value / this.#moves[i]));
      }
      acceptances.push(mean);
    }
    const statistics = Object.fromEntries(acceptances.map((values, i) => [`acceptance[${i}]`, values]));
    return { acceptance: acceptances[this.#tuned], statistics };
  }
}
