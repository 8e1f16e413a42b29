import type { Config } from '../module.js';
import type { Bijector } from './bijector.js';
import { checkEnds } from './check-numbers.js';
import { Invert } from './invert.js';
import { Sigmoid, type SigmoidOptions } from './sigmoid.js';

/**
 * The inverse of {@link Sigmoid}: `y = log((x - low) / (high - x))`, elementwise, from an interval to the reals.
 *
 * @cost forward: formula; inverse: formula
 * @domain (low, high) → ℝ
 */
export class Logit extends Invert {
  static override readonly className = 'Logit';
  static override readonly samples: readonly (() => Bijector)[] = [
    () => new Logit({ eventShape: [3] }),
    () => new Logit({ eventShape: [1], low: -4, high: 4 }),
  ];

  readonly #config: Config;

  /** @throws FlowConfigError unless `low < high`, both finite. */
  constructor({ eventShape, low = 0, high = 1 }: SigmoidOptions) {
    checkEnds('Logit', low, high);
    super({ bijector: new Sigmoid({ eventShape, low, high }) });
    this.#config = { eventShape, low, high };
  }

  override getConfig(): Config {
    return this.#config;
  }
}
