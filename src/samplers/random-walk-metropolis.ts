import { acceptOrStay, chainsAt, type Chains, type Move, type Transition } from './chains.js';
import { Sampler, tuningOf, type StepOptions } from './sampler.js';

/**
 * Metropolis with a Gaussian random walk, `x' = x + ε ξ / √m`, accepted with probability `min(1, e^{u(x) - u(x')})`. Needs
 * no forces. Warm-up aims at an acceptance of 0.3 (the best one falls from 0.44 in one dimension to 0.23 in many).
 *
 * Sources: Metropolis et al., 1953; Roberts, Gelman and Gilks, 1997, for the acceptance.
 */
export class RandomWalkMetropolis extends Sampler {
  override readonly name = 'RandomWalkMetropolis';
  override readonly tuning;

  /** @throws FlowConfigError for a step that is not positive, or an acceptance outside (0, 1). */
  constructor(options: StepOptions = {}) {
    super();
    this.tuning = tuningOf('RandomWalkMetropolis', options, { stepSize: 0.5, targetAcceptance: 0.3 });
  }

  override async transition(chains: Chains, { target, stream, stepSize, masses }: Move): Promise<Transition> {
    const noise = stream.normal(chains.x.length);
    const x = chains.x.map((at, i) => at + (stepSize / Math.sqrt(masses[i % masses.length])) * noise[i]);
    const { energy } = await target.evaluate(x, false);
    const { acceptance } = acceptOrStay(
      chains,
      chainsAt(chains, x, energy),
      (i) => chains.energy[i] - energy[i],
      stream,
    );
    return { acceptance };
  }
}
