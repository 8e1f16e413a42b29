import { checkInteger } from '../conditioners/check.js';
import { drift, kick, kineticEnergy, thermalize } from '../dynamics/splitting.js';
import { FlowConfigError } from '../errors.js';
import { acceptOrStay, chainsAt, type Chains, type Move, type Transition } from './chains.js';
import { Sampler, tuningOf, type StepOptions } from './sampler.js';

/** Options of {@link Hmc}. */
export interface HmcOptions extends StepOptions {
  /** Leapfrog steps of a trajectory. Default: 10. */
  readonly leapfrogSteps?: number;
  /** Part by which the step of each trajectory is drawn longer or shorter, so that none fits a period. Default: 0.1. */
  readonly jitter?: number;
}

/** Errors of the energy in kT beyond which a trajectory has lost its way. */
export const DIVERGENCE = 1000;

/**
 * Hamiltonian Monte Carlo: fresh velocities, leapfrog steps, and a choice between both ends by `min(1, e^{-ΔH})`. Warm-up
 * finds the step by dual averaging, for an acceptance of 0.8, and a length scale for each coordinate.
 *
 * Statistics: `divergent`, the share of trajectories whose energy is wrong by more than 1000 kT or not a number;
 * `energyError`, `ΔH`; and `creutz`, `e^{-ΔH}`, whose mean is 1 in equilibrium, whatever the step.
 *
 * Sources: Duane et al., 1987; Neal, "MCMC using Hamiltonian dynamics", 2011.
 */
export class Hmc extends Sampler {
  override readonly name = 'Hmc';
  override readonly tuning;
  override readonly carries = ['force'] as const;
  readonly #leapfrogSteps: number;
  readonly #jitter: number;

  /** @throws FlowConfigError for steps, a jitter or an acceptance out of range. */
  constructor({ leapfrogSteps = 10, jitter = 0.1, ...options }: HmcOptions = {}) {
    super();
    checkInteger('Hmc.leapfrogSteps', leapfrogSteps);
    if (!(jitter >= 0 && jitter < 1)) {
      throw new FlowConfigError('Hmc.jitter', { expected: 'a number in [0, 1)', got: String(jitter) });
    }
    this.tuning = tuningOf('Hmc', options, { stepSize: 0.1, targetAcceptance: 0.8 });
    this.#leapfrogSteps = leapfrogSteps;
    this.#jitter = jitter;
  }

  override async transition(chains: Chains, { target, stream, stepSize, masses }: Move): Promise<Transition> {
    const { count } = chains;
    const velocity = new Float64Array(chains.x.length);
    thermalize(velocity, masses, Infinity, stream.normal(velocity.length));
    const before = kineticEnergy(velocity, masses, count);
    const step = stepSize * (1 + this.#jitter * (2 * stream.next() - 1));
    const x = chains.x.slice();
    let [energy, force] = [chains.energy, chains.carried.force];
    for (let i = 0; i < this.#leapfrogSteps; i++) {
      kick(velocity, force, masses, step / 2);
      drift(x, velocity, step);
      const at = await target.evaluate(x, true);
      [energy, force] = [at.energy, at.force!];
      kick(velocity, force, masses, step / 2);
    }
    const after = kineticEnergy(velocity, masses, count);
    const energyError = energy.map((value, i) => value + after[i] - chains.energy[i] - before[i]);
    const { acceptance } = acceptOrStay(chains, chainsAt(chains, x, energy, { force }), (i) => -energyError[i], stream);
    return {
      acceptance,
      statistics: {
        energyError,
        creutz: energyError.map((error) => Math.exp(-error)),
        divergent: energyError.map((error) => (error < DIVERGENCE ? 0 : 1)),
      },
    };
  }
}
