import { checkInteger } from '../conditioners/check.js';
import { POSE } from '../conditioners/bodies/body-view.js';
import { kick, kineticEnergy, thermalize } from '../dynamics/splitting.js';
import { FlowConfigError } from '../errors.js';
import { acceptOrStay, chainsAt, type Chains, type Move, type Transition } from './chains.js';
import { DIVERGENCE, type HmcOptions } from './hmc.js';
import { checkPoses, glide, normalizeRotations, projectToTangents } from './rigid-poses.js';
import { checkPositive, Sampler, tuningOf, type Beginning } from './sampler.js';

/** Options of {@link RigidBodyHmc}. */
export interface RigidBodyHmcOptions extends Omit<HmcOptions, 'adaptScale'> {
  /** Length that a position moves while a rotation turns by a radian. Default: 0.05, for water in nm. */
  readonly lengthPerRadian?: number;
}

/**
 * Hamiltonian Monte Carlo of rigid bodies, `[bodies, 7]`: positions fly straight on and quaternions along great circles between the kicks
 * of leapfrog steps, as tops with the same moment of inertia about all axes do. Both are exact, so that steps can be taken back and
 * keep volume, and quaternions stay unit vectors. The step is in radians.
 *
 * The draws are those of `exp(-u)` with respect to lengths and the uniform distribution of rotations: what molecular dynamics
 * of rigid molecules has, whatever their masses. Statistics are those of `Hmc`.
 *
 * Source: Byrne and Girolami, "Geodesic Monte Carlo on embedded manifolds", 2013.
 */
export class RigidBodyHmc extends Sampler {
  override readonly name = 'RigidBodyHmc';
  override readonly tuning;
  override readonly carries = ['force'] as const;
  readonly #leapfrogSteps: number;
  readonly #jitter: number;
  readonly #lengthPerRadian: number;

  /** @throws FlowConfigError for steps, a jitter, an acceptance or a length out of range. */
  constructor({ leapfrogSteps = 10, jitter = 0.1, lengthPerRadian = 0.05, ...options }: RigidBodyHmcOptions = {}) {
    super();
    checkInteger('RigidBodyHmc.leapfrogSteps', leapfrogSteps);
    checkPositive('RigidBodyHmc.lengthPerRadian', lengthPerRadian);
    if (!(jitter >= 0 && jitter < 1)) {
      throw new FlowConfigError('RigidBodyHmc.jitter', { expected: 'a number in [0, 1)', got: String(jitter) });
    }
    const defaults = { stepSize: 0.05, targetAcceptance: 0.8 };
    this.tuning = tuningOf('RigidBodyHmc', { ...options, adaptScale: false }, defaults);
    this.#leapfrogSteps = leapfrogSteps;
    this.#jitter = jitter;
    this.#lengthPerRadian = lengthPerRadian;
  }

  override begin(chains: Chains, beginning: Beginning): Promise<void> {
    checkPoses(this.name, chains.size);
    normalizeRotations(chains.x);
    return super.begin(chains, beginning);
  }

  override async transition(chains: Chains, move: Move): Promise<Transition> {
    const { target, stream } = move;
    const masses = this.#massesOf(move.masses, chains);
    const x = chains.x.slice();
    normalizeRotations(x);
    const velocity = new Float64Array(x.length);
    thermalize(velocity, masses, Infinity, stream.normal(x.length));
    projectToTangents(velocity, x);
    const before = kineticEnergy(velocity, masses, chains.count);
    const step = move.stepSize * (1 + this.#jitter * (2 * stream.next() - 1));
    let [energy, force] = [chains.energy, chains.carried.force];
    const push = () => {
      kick(velocity, force, masses, step / 2);
      projectToTangents(velocity, x);
    };
    for (let i = 0; i < this.#leapfrogSteps; i++) {
      push();
      glide(x, velocity, step);
      const at = await target.evaluate(x, true);
      [energy, force] = [at.energy, at.force!];
      push();
    }
    const after = kineticEnergy(velocity, masses, chains.count);
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

  /** Of positions `1/ℓ²`, of quaternions 4: arcs of theirs are half the angle. */
  #massesOf(given: Float64Array, { x }: Chains): Float64Array {
    const own = this.#lengthPerRadian ** -2;
    return Float64Array.from(x, (_, i) => given[i % given.length] * (i % POSE < 3 ? own : 4));
  }
}
