import { FlowShapeError } from '../errors.js';
import type { Config } from '../module.js';
import { formatShape, type Shape } from '../shapes.js';
import type { Bijector } from './bijector.js';
import { Permute } from './permute.js';

/**
 * `yᵢ = x[n - 1 - i]` along the last axis of an event; `log |det J| = 0`.
 *
 * @cost forward: formula; inverse: formula
 * @domain any
 */
export class Reverse extends Permute {
  static override readonly className = 'Reverse';
  static override readonly samples: readonly (() => Bijector)[] = [
    () => new Reverse({ eventShape: [4] }),
    () => new Reverse({ eventShape: [2, 3] }),
  ];

  /** @throws FlowShapeError when an event has no axis to reverse. */
  constructor({ eventShape }: { eventShape: Shape }) {
    super({ permutation: countDown(eventShape), eventShape });
  }

  override getConfig(): Config {
    return { eventShape: this.eventShapeIn };
  }
}

function countDown(eventShape: Shape): number[] {
  const length = eventShape.at(-1);
  if (length === undefined) {
    throw new FlowShapeError('Reverse', { expected: 'events with an axis to reverse', got: formatShape(eventShape) });
  }
  return Array.from({ length }, (_, i) => length - 1 - i);
}
