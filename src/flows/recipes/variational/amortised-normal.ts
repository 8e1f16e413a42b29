import { Elementwise } from '../../../bijectors/elementwise.js';
import type { ActivationName } from '../../../conditioners/activation.js';
import { MLP } from '../../../conditioners/mlp.js';
import { Normal } from '../../../distributions/normal.js';
import { ElementwiseAffine } from '../../../elementwise/elementwise-affine.js';
import type { Seed } from '../../../random.js';
import { sizeOf, type Shape } from '../../../shapes.js';
import { Flow } from '../../flow.js';

/** Options of {@link amortisedNormal}. */
export interface AmortisedNormalOptions {
  /** Shape of one event. */
  readonly eventShape: Shape;
  /** Shape of one context. */
  readonly contextShape: Shape;
  /** Widths of the hidden layers. Default: [64, 64]. */
  readonly hidden?: readonly number[];
  /** Default: `relu`. */
  readonly activation?: ActivationName;
  /** Seed of the weights. Default: 0. */
  readonly seed?: Seed;
}

/**
 * Independent normal coordinates with means and deviations that a network reads off the context:
 * `x ~ N(m(c), s(c)²)`, `|log s| ≤ 5`. It starts standard normal for every context.
 *
 * @cost density: one pass; sample: one pass
 * @throws FlowConfigError for sizes that are not positive integers.
 */
export function amortisedNormal(options: AmortisedNormalOptions): Flow {
  const { eventShape, contextShape, hidden = [64, 64], activation = 'relu', seed = 0 } = options;
  const transform = new ElementwiseAffine();
  const base = Normal.standard(eventShape);
  const initialOutput = Array.from({ length: sizeOf(eventShape) }, () => transform.identityParameters()).flat();
  const outputs = initialOutput.length;
  const conditioner = new MLP({ inputs: 0, outputs, initialOutput, contextShape, hidden, activation, seed });
  return new Flow({ base, bijector: new Elementwise({ eventShape, transform, conditioner }) });
}
