import * as tf from '@tensorflow/tfjs-core';
import type { Distribution } from '../distributions/distribution.js';
import { FlowShapeError } from '../errors.js';
import type { RandomStream } from '../random.js';
import { formatShape, sizeOf } from '../shapes.js';
import type { Tuning } from './adaptation.js';
import { acceptOrStay, chainsAt, type Chains, type Move, type Transition } from './chains.js';
import { checkDensity } from './energy-like.js';
import { Sampler, type Beginning } from './sampler.js';

/** Options of {@link IndependenceMetropolis}. */
export interface IndependenceMetropolisOptions {
  /** Density that proposals are drawn from, such as a trained flow; it still belongs to the caller. */
  readonly proposal: Distribution;
}

/**
 * Metropolis and Hastings with proposals from a density that do not depend on where the chain is: `x' ~ q`, accepted with
 * probability `min(1, w(x') / w(x))`, `w = e^{-u} / q`. With a flow for `q`, the exact correction of what it has learned.
 * Where `q` has too thin tails, chains get stuck in them: mix it with local steps by {@link SamplerCycle}.
 *
 * Sources: Hastings, 1970; Albergo, Kanwar and Shanahan, 2019, and Gabrié, Rotskoff and Vanden-Eijnden, 2022, with flows.
 */
export class IndependenceMetropolis extends Sampler {
  override readonly name = 'IndependenceMetropolis';
  override readonly tuning: Tuning = { stepSize: 1, acceptance: null, scale: false };
  override readonly carries = ['logProposal'] as const;
  readonly #proposal: Distribution;

  /** @throws FlowConfigError for what is no continuous density, or takes contexts. */
  constructor({ proposal }: IndependenceMetropolisOptions) {
    super();
    this.#proposal = checkDensity('IndependenceMetropolis.proposal', proposal);
  }

  override async begin(chains: Chains, move: Beginning): Promise<void> {
    const { eventShape } = this.#proposal;
    if (sizeOf(eventShape) !== chains.size) {
      throw new FlowShapeError('IndependenceMetropolis.proposal', {
        expected: `a density of ${chains.size} coordinates, as the chains have`,
        got: formatShape(eventShape),
      });
    }
    await super.begin(chains, move);
    const logProb = tf.tidy(() => {
      return this.#proposal.logProb(tf.tensor(Float32Array.from(chains.x), [chains.count, ...eventShape]));
    });
    chains.carried.logProposal = Float64Array.from(await logProb.data());
    logProb.dispose();
  }

  override async transition(chains: Chains, { target, stream }: Move): Promise<Transition> {
    const { x, logProposal } = await this.#draw(chains.count, stream.split('proposals'));
    const { energy } = await target.evaluate(x, false);
    const before = chains.carried.logProposal;
    const { acceptance } = acceptOrStay(
      chains,
      chainsAt(chains, x, energy, { logProposal }),
      (i) => chains.energy[i] + before[i] - energy[i] - logProposal[i],
      stream,
    );
    return { acceptance };
  }

  async #draw(count: number, seed: RandomStream): Promise<{ x: Float64Array; logProposal: Float64Array }> {
    const drawn = this.#proposal.sampleAndLogProb(count, { seed });
    try {
      const [x, logProposal] = await Promise.all(drawn.map((tensor) => tensor.data()));
      return { x: Float64Array.from(x), logProposal: Float64Array.from(logProposal) };
    } finally {
      tf.dispose(drawn);
    }
  }
}
