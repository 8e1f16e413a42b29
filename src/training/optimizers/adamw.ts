import { Adam, type AdamOptions } from './adam.js';

/**
 * {@link Adam} with decoupled weight decay, 0.01 unless stated (Loshchilov and Hutter, "Decoupled weight decay
 * regularization", 2019, algorithm 2): the decay is scaled by the learning rate, not by the adaptive step.
 */
export class AdamW extends Adam {
  static override readonly className = 'AdamW';

  /** @throws FlowConfigError for a number out of range. */
  constructor({ weightDecay = 0.01, ...rest }: AdamOptions = {}) {
    super({ weightDecay, ...rest });
  }
}
