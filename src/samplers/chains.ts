import type { RandomStream } from '../random.js';
import type { Target } from './target.js';

/**
 * Where chains stand, one after the other, in double precision. Between transitions all numbers are ones of float32, so that a
 * state can be saved as such and nothing changes.
 */
export interface Chains {
  /** Number of chains. */
  readonly count: number;
  /** Coordinates of each. */
  readonly size: number;
  /** `[count, size]` */
  readonly x: Float64Array;
  /** `u(x)`, `[count]` */
  readonly energy: Float64Array;
  /** What else a sampler carries along, each with equally many numbers a chain: forces, velocities. */
  readonly carried: Record<string, Float64Array>;
}

/** What one transition has to go by. */
export interface Move {
  /** What the transition leaves invariant. */
  readonly target: Target;
  /** Random numbers of this transition alone. */
  readonly stream: RandomStream;
  /** Transitions before this one. */
  readonly step: number;
  /** Length of a step, in units of the length scales. */
  readonly stepSize: number;
  /** Of each coordinate of an event, or of all chains: steps are in units of `1/√m`. */
  readonly masses: Float64Array;
}

/** What is known of a transition beside where it leads. */
export interface Transition {
  /** Probability with which each proposal was accepted; 1 where nothing is refused. `[count]` */
  readonly acceptance: Float64Array;
  /** Numbers of which the run reports the mean over its steps, each `[count]`; NaN where there is nothing to count. */
  readonly statistics?: Readonly<Record<string, Float64Array>>;
}

/** Chains at new positions. */
export function chainsAt(
  { count, size }: Chains,
  x: Float64Array,
  energy: Float64Array,
  carried: Record<string, Float64Array> = {},
): Chains {
  return { count, size, x, energy, carried };
}

/**
 * Metropolis and Hastings: moves each chain to its proposal with probability `min(1, e^logRatio)`; a ratio that is not a
 * number counts as zero.
 *
 * @param proposal carries the same as `chains`
 * @returns the probabilities, and which proposals were accepted
 */
export function acceptOrStay(
  chains: Chains,
  proposal: Chains,
  logRatio: (chain: number) => number,
  stream: RandomStream,
): { acceptance: Float64Array; accepted: boolean[] } {
  const thresholds = stream.uniform(chains.count);
  const acceptance = Float64Array.from({ length: chains.count }, (_, chain) => {
    const ratio = logRatio(chain);
    return Number.isNaN(ratio) ? 0 : Math.exp(Math.min(0, ratio));
  });
  const accepted = Array.from(acceptance, (probability, chain) => thresholds[chain] < probability);
  accepted.forEach((yes, chain) => {
    if (yes) copyChain(proposal, chain, chains, chain);
  });
  return { acceptance, accepted };
}

/** Puts one chain where another is. */
export function copyChain(from: Chains, source: number, to: Chains, chain: number): void {
  copyRow(from.x, source, to.x, chain, to.size);
  to.energy[chain] = from.energy[source];
  for (const [name, values] of Object.entries(to.carried)) {
    copyRow(from.carried[name], source, values, chain, values.length / to.count);
  }
}

function copyRow(from: Float64Array, source: number, to: Float64Array, row: number, width: number): void {
  to.set(from.subarray(source * width, (source + 1) * width), row * width);
}

/** `1` of each chain. */
export function ones({ count }: Chains): Float64Array {
  return new Float64Array(count).fill(1);
}
