import { drift, kick, kineticEnergy, thermalize } from '../dynamics/splitting.js';
import { acceptOrStay, chainsAt, ones, type Chains, type Move, type Transition } from './chains.js';
import { checkMoved } from './overdamped-langevin.js';
import { checkPositive, Sampler, tuningOf, type StepOptions } from './sampler.js';

/** Options of {@link UnderdampedLangevin}. */
export interface UnderdampedLangevinOptions extends StepOptions {
  /** How fast velocities forget themselves, per unit of time. Default: 1. */
  readonly friction?: number;
  /** Whether steps may be refused. Default: false. */
  readonly metropolized?: boolean;
}

/**
 * Langevin dynamics of positions and velocities, `m dv = F dt - γ m v dt + √(2 γ m) dW`; a transition is one step.
 *
 * Not metropolised, the step is the BAOAB splitting of `langevinDynamics`: what is drawn differs from `exp(-u)` by the
 * order of the squared step, and the step stays what it is. Metropolised, the velocities' own process is followed by a step of
 * velocity Verlet that is accepted with probability `min(1, e^{-ΔH})`; where it is not, the velocities turn round. That
 * leaves `exp(-u)` as it is, but has to be accepted nearly always for chains to get anywhere: warm-up aims at 0.95.
 *
 * Sources: Leimkuhler and Matthews, 2013, for the splitting; Horowitz, "A generalized guided Monte Carlo algorithm", 1991.
 *
 * @throws FlowNumericsError naming the chain where an energy or a force is not finite and steps are not refused.
 */
export class UnderdampedLangevin extends Sampler {
  override readonly name = 'UnderdampedLangevin';
  override readonly tuning;
  override readonly exact: boolean;
  override readonly carries = ['force', 'velocity'] as const;
  readonly #friction: number;

  /** @throws FlowConfigError for a step or friction that is not positive, or an acceptance outside (0, 1). */
  constructor({ friction = 1, metropolized = false, ...options }: UnderdampedLangevinOptions = {}) {
    super();
    checkPositive('UnderdampedLangevin.friction', friction);
    const tuning = tuningOf('UnderdampedLangevin', options, { stepSize: 0.05, targetAcceptance: 0.95 });
    this.tuning = metropolized ? tuning : { ...tuning, acceptance: null, scale: false };
    this.exact = metropolized;
    this.#friction = friction;
  }

  override transition(chains: Chains, move: Move): Promise<Transition> {
    return this.exact ? this.#metropolized(chains, move) : this.#plain(chains, move);
  }

  async #plain(chains: Chains, { target, stream, stepSize, masses }: Move): Promise<Transition> {
    const { x } = chains;
    const { velocity, force } = chains.carried;
    kick(velocity, force, masses, stepSize / 2);
    drift(x, velocity, stepSize / 2);
    thermalize(velocity, masses, this.#friction * stepSize, stream.normal(x.length));
    drift(x, velocity, stepSize / 2);
    const at = await target.evaluate(x, true);
    checkMoved(this.name, chains, at.energy, at.force!);
    chains.energy.set(at.energy);
    force.set(at.force!);
    kick(velocity, force, masses, stepSize / 2);
    return { acceptance: ones(chains) };
  }

  async #metropolized(chains: Chains, { target, stream, stepSize, masses }: Move): Promise<Transition> {
    const { count } = chains;
    thermalize(chains.carried.velocity, masses, this.#friction * stepSize, stream.normal(chains.x.length));
    const before = kineticEnergy(chains.carried.velocity, masses, count);
    const [x, velocity] = [chains.x.slice(), chains.carried.velocity.slice()];
    kick(velocity, chains.carried.force, masses, stepSize / 2);
    drift(x, velocity, stepSize);
    const { energy, force } = await target.evaluate(x, true);
    kick(velocity, force!, masses, stepSize / 2);
    const after = kineticEnergy(velocity, masses, count);
    chains.carried.velocity.forEach((v, i) => (chains.carried.velocity[i] = -v));
    const { acceptance } = acceptOrStay(
      chains,
      chainsAt(chains, x, energy, { force: force!, velocity }),
      (i) => chains.energy[i] + before[i] - energy[i] - after[i],
      stream,
    );
    return { acceptance };
  }
}
