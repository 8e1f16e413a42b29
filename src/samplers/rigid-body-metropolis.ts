import { POSE } from '../conditioners/bodies/body-view.js';
import { FlowConfigError } from '../errors.js';
import { acceptOrStay, chainsAt, type Chains, type Move, type Transition } from './chains.js';
import { checkPoses, normalizeRotations, turn } from './rigid-poses.js';
import { checkPositive, Sampler, tuningOf, type Beginning, type StepOptions } from './sampler.js';

/** Options of {@link RigidBodyMetropolis}. */
export interface RigidBodyMetropolisOptions extends Omit<StepOptions, 'adaptScale'> {
  /** Length that a position moves while a rotation turns by a radian. Default: 0.05, for water in nm. */
  readonly lengthPerRadian?: number;
  /** Whether a proposal moves one body of a chain, or all of them. Default: `'one'`. */
  readonly moves?: 'one' | 'all';
}

/**
 * Metropolis on rigid bodies, `[bodies, 7]`: proposes a Gaussian step of the position and a turn about a Gaussian vector in the frame
 * of the body, `q' = q exp(ε ξ / 2)`, as likely as the way back. The step `ε` is in radians; warm-up aims at an acceptance
 * of 0.3. Needs no forces.
 *
 * Source: Barker and Watts, "Structure of water; a Monte Carlo calculation", 1969.
 */
export class RigidBodyMetropolis extends Sampler {
  override readonly name = 'RigidBodyMetropolis';
  override readonly tuning;
  readonly #lengthPerRadian: number;
  readonly #moves: 'one' | 'all';

  /** @throws FlowConfigError for a step, a length or an acceptance out of range, or another kind of moves. */
  constructor({ lengthPerRadian = 0.05, moves = 'one', ...options }: RigidBodyMetropolisOptions = {}) {
    super();
    checkPositive('RigidBodyMetropolis.lengthPerRadian', lengthPerRadian);
    if (!['one', 'all'].includes(moves)) {
      throw new FlowConfigError('RigidBodyMetropolis.moves', { expected: "'one' or 'all'", got: `'${String(moves)}'` });
    }
    const defaults = { stepSize: 0.1, targetAcceptance: 0.3 };
    this.tuning = tuningOf('RigidBodyMetropolis', { ...options, adaptScale: false }, defaults);
    this.#lengthPerRadian = lengthPerRadian;
    this.#moves = moves;
  }

  override begin(chains: Chains, beginning: Beginning): Promise<void> {
    checkPoses(this.name, chains.size);
    normalizeRotations(chains.x);
    return super.begin(chains, beginning);
  }

  override async transition(chains: Chains, { target, stream, stepSize, masses }: Move): Promise<Transition> {
    const x = chains.x.slice();
    normalizeRotations(x);
    const bodies = chains.size / POSE;
    for (let chain = 0; chain < chains.count; chain++) {
      const first = this.#moves === 'one' ? stream.nextInteger(bodies) : 0;
      const last = this.#moves === 'one' ? first : bodies - 1;
      for (let body = first; body <= last; body++) {
        const p = chain * chains.size + body * POSE;
        const length = stepSize / Math.sqrt(masses[p % masses.length]);
        const [a, b, c, d, e, f] = stream.normal(6);
        [a, b, c].forEach((noise, axis) => (x[p + axis] += length * this.#lengthPerRadian * noise));
        turn(x, p + 3, [length * d, length * e, length * f]);
      }
    }
    const { energy } = await target.evaluate(x, false);
    const proposal = chainsAt(chains, x, energy);
    const { acceptance } = acceptOrStay(chains, proposal, (i) => chains.energy[i] - energy[i], stream);
    return { acceptance };
  }
}
