import { FlowNumericsError } from '../errors.js';
import { acceptOrStay, chainsAt, ones, type Chains, type Move, type Transition } from './chains.js';
import type { Tuning } from './adaptation.js';
import { checkPositive, Sampler, tuningOf, type StepOptions } from './sampler.js';

/** Options of {@link OverdampedLangevin}. */
export interface OverdampedLangevinOptions {
  /** Length `ε` of a step, which stays what it is. Default: 0.01. */
  readonly stepSize?: number;
}

/**
 * Overdamped Langevin dynamics by the scheme of Euler and Maruyama, `x' = x + ε F(x) / m + √(2 ε / m) ξ`. Not metropolised:
 * what it draws from differs from `exp(-u)` by the order of the step. {@link Mala} has no such error.
 *
 * @throws FlowNumericsError naming the chain where an energy or a force is not finite.
 */
export class OverdampedLangevin extends Sampler {
  override readonly name = 'OverdampedLangevin';
  override readonly tuning: Tuning;
  override readonly exact = false;
  override readonly carries = ['force'] as const;

  /** @throws FlowConfigError for a step that is not positive. */
  constructor({ stepSize = 0.01 }: OverdampedLangevinOptions = {}) {
    super();
    checkPositive('OverdampedLangevin.stepSize', stepSize);
    this.tuning = { stepSize, acceptance: null, scale: false };
  }

  override async transition(chains: Chains, { target, stream, stepSize, masses }: Move): Promise<Transition> {
    const x = propose(chains, stepSize, masses, stream.normal(chains.x.length));
    const { energy, force } = await target.evaluate(x, true);
    checkMoved(this.name, chains, energy, force!);
    chains.x.set(x);
    chains.energy.set(energy);
    chains.carried.force.set(force!);
    return { acceptance: ones(chains) };
  }
}

/**
 * The Metropolis-adjusted Langevin algorithm: the step of {@link OverdampedLangevin} as a proposal, accepted with probability
 * `min(1, e^{u(x) - u(x')} q(x | x') / q(x' | x))`. Warm-up aims at an acceptance of 0.574.
 *
 * Sources: Roberts and Tweedie, 1996; Roberts and Rosenthal, 1998, for the acceptance.
 */
export class Mala extends Sampler {
  override readonly name = 'Mala';
  override readonly tuning;
  override readonly carries = ['force'] as const;

  /** @throws FlowConfigError for a step that is not positive, or an acceptance outside (0, 1). */
  constructor(options: StepOptions = {}) {
    super();
    this.tuning = tuningOf('Mala', options, { stepSize: 0.1, targetAcceptance: 0.574 });
  }

  override async transition(chains: Chains, { target, stream, stepSize, masses }: Move): Promise<Transition> {
    const noise = stream.normal(chains.x.length);
    const x = propose(chains, stepSize, masses, noise);
    const { energy, force } = await target.evaluate(x, true);
    // The noise that would bring it back, from where it is now.
    const back = x.map((to, i) => {
      const mass = masses[i % masses.length];
      return (chains.x[i] - to - (stepSize * force![i]) / mass) / Math.sqrt((2 * stepSize) / mass);
    });
    const proposal = chainsAt(chains, x, energy, { force: force! });
    const logRatio = (chain: number) => {
      let densities = 0;
      for (let i = chain * chains.size; i < (chain + 1) * chains.size; i++) densities += noise[i] ** 2 - back[i] ** 2;
      return chains.energy[chain] - energy[chain] + densities / 2;
    };
    const { acceptance } = acceptOrStay(chains, proposal, logRatio, stream);
    return { acceptance };
  }
}

function propose(
  { x, carried: { force } }: Chains,
  stepSize: number,
  masses: Float64Array,
  noise: ArrayLike<number>,
): Float64Array {
  return x.map((at, i) => {
    const mass = masses[i % masses.length];
    return at + (stepSize * force[i]) / mass + Math.sqrt((2 * stepSize) / mass) * noise[i];
  });
}

/**
 * Where nothing is refused, a step into nowhere cannot be taken back.
 *
 * @throws FlowNumericsError naming the first chain whose energy or force is not finite.
 */
export function checkMoved(where: string, { size }: Chains, energy: Float64Array, force: Float64Array): void {
  const chain = energy.findIndex(
    (value, i) => !Number.isFinite(value) || force.subarray(i * size, (i + 1) * size).some((f) => !Number.isFinite(f)),
  );
  if (chain < 0) return;
  throw new FlowNumericsError(where, {
    expected: 'finite energies and forces',
    got: `an energy of ${energy[chain]} in chain ${chain}`,
    hint: 'Take shorter steps, or a sampler that refuses such steps.',
    row: chain,
    value: energy[chain],
  });
}
