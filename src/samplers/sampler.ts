import { thermalize } from '../dynamics/splitting.js';
import { FlowConfigError } from '../errors.js';
import type { Tuning } from './adaptation.js';
import type { Chains, Move, Transition } from './chains.js';

/** A Markov chain on configurations: how it gets from one to the next, for many chains at a time. */
export abstract class Sampler {
  /** Name that the state of a run is kept under. */
  abstract readonly name: string;
  /** Its steps, and what warm-up may tune of them. */
  abstract readonly tuning: Tuning;
  /**
   * Whether a transition leaves `exp(-u)` exactly invariant. Otherwise there is an error that goes to zero with the step.
   */
  readonly exact: boolean = true;
  /** Rows that each chain takes. */
  readonly copies: number = 1;
  /** Names of what chains carry along. */
  readonly carries: readonly Carried[] = [];

  /** Moves chains on, in place. */
  abstract transition(chains: Chains, move: Move): Promise<Transition>;

  /**
   * Fills in energies and all that chains carry, at positions that are given.
   *
   * @internal
   */
  async begin(chains: Chains, { target, stream, masses }: Beginning): Promise<void> {
    const { energy, force } = await target.evaluate(chains.x, this.carries.includes('force'));
    chains.energy.set(energy);
    if (force) chains.carried.force = force;
    if (this.carries.includes('velocity')) {
      chains.carried.velocity = new Float64Array(chains.x.length);
      thermalize(chains.carried.velocity, masses, Infinity, stream.normal(chains.x.length));
    }
  }
}

/** What a sampler begins with. */
export type Beginning = Pick<Move, 'target' | 'stream' | 'masses'>;

/** What chains may carry along. */
export type Carried = 'force' | 'velocity' | 'logProposal';

/** Options of every sampler that makes steps of some length. */
export interface StepOptions {
  /** Length of a step, from which warm-up starts. */
  readonly stepSize?: number;
  /** Acceptance that warm-up aims at. */
  readonly targetAcceptance?: number;
  /** Whether warm-up finds a length scale for each coordinate. Default: true. */
  readonly adaptScale?: boolean;
}

/** @throws FlowConfigError for a step that is not positive, or an acceptance outside (0, 1). */
export function tuningOf(
  where: string,
  { stepSize, targetAcceptance, adaptScale }: StepOptions,
  defaults: { readonly stepSize: number; readonly targetAcceptance: number },
): Tuning {
  const tuning = {
    stepSize: stepSize ?? defaults.stepSize,
    acceptance: targetAcceptance ?? defaults.targetAcceptance,
    scale: adaptScale ?? true,
  };
  checkPositive(`${where}.stepSize`, tuning.stepSize);
  if (!(tuning.acceptance > 0 && tuning.acceptance < 1)) {
    throw new FlowConfigError(`${where}.targetAcceptance`, {
      expected: 'a number between 0 and 1',
      got: String(tuning.acceptance),
    });
  }
  return tuning;
}

/** @throws FlowConfigError for what is no positive, finite number. */
export function checkPositive(where: string, value: number): void {
  if (value > 0 && value < Infinity) return;
  throw new FlowConfigError(where, { expected: 'a positive number', got: String(value) });
}
