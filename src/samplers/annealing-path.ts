import { FlowNumericsError } from '../errors.js';
import type { Chains } from './chains.js';
import type { EnergyLike } from './energy-like.js';
import { RunTarget, type Evaluation, type Target } from './target.js';

/** Both ends of a path at some positions. */
export interface PathEnds {
  /** At `λ = 0`. */
  readonly base: Evaluation;
  /** At `λ = 1`. */
  readonly target: Evaluation;
}

/** The geometric path of energies `u_λ = (1 - λ) u₀ + λ u₁`. */
export class AnnealingPath {
  readonly #base: RunTarget;
  readonly #target: RunTarget;

  constructor(base: EnergyLike, target: EnergyLike) {
    this.#base = new RunTarget(base);
    this.#target = new RunTarget(target);
  }

  /** Energies of both ends at some rows, and forces if they are asked for. */
  async ends(x: Float64Array, forces: boolean): Promise<PathEnds> {
    return { base: await this.#base.evaluate(x, forces), target: await this.#target.evaluate(x, forces) };
  }

  /** What transitions at a level leave invariant. */
  at(level: number): Target {
    return { evaluate: async (x, forces) => mix(await this.ends(x, forces), level) };
  }

  /** Frees what the two energies were prepared into; they themselves stay. */
  dispose(): void {
    this.#base.dispose();
    this.#target.dispose();
  }
}

/** Puts the energies and forces of a level into chains. */
export function setLevel(chains: Chains, ends: PathEnds, level: number): void {
  const { energy, force } = mix(ends, level);
  chains.energy.set(energy);
  if (force) chains.carried.force = force;
}

/** What is added to log-weights from one level to another, `(λ - λ') (u₁ - u₀)`; minus infinity outside of the target. */
export function weightChange({ base, target }: PathEnds, from: number, to: number): Float64Array {
  return base.energy.map((u0, row) => {
    const u1 = target.energy[row];
    if (from === to) return 0;
    if (u1 === Infinity) return -Infinity;
    return (from - to) * (u1 - u0);
  });
}

/**
 * A weight that is not a number would spoil all others.
 *
 * @throws FlowNumericsError naming the first row whose energy at either end is not a number, or minus infinity.
 */
export function checkEnds(where: string, ends: PathEnds): void {
  for (const [name, { energy }] of Object.entries(ends) as [string, Evaluation][]) {
    const row = energy.findIndex((value) => Number.isNaN(value) || value === -Infinity);
    if (row < 0) continue;
    throw new FlowNumericsError(where, {
      expected: `energies of the ${name} that are numbers, or infinite`,
      got: `${energy[row]} in row ${row}`,
      hint: 'An energy has to be defined wherever the base has any density.',
      row,
      value: energy[row],
    });
  }
}

function mix({ base, target }: PathEnds, level: number): Evaluation {
  return {
    energy: base.energy.map((u0, row) => blend(u0, target.energy[row], level)),
    force: base.force && base.force.map((f0, i) => (1 - level) * f0 + level * target.force![i]),
  };
}

function blend(u0: number, u1: number, level: number): number {
  if (level === 0) return u0;
  // Outside of either there is no density between them; at the end of the path the base has no say.
  if (u1 === Infinity) return Infinity;
  if (level === 1) return u1;
  return u0 === Infinity ? Infinity : (1 - level) * u0 + level * u1;
}
