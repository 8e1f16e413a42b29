import type { ActivationName } from '../conditioners/activation.js';
import { checkActivation, checkInteger, contextSizeOf } from '../conditioners/check.js';
import { FlowConfigError } from '../errors.js';
import { RandomStream, type Seed } from '../random.js';
import type { Shape } from '../shapes.js';

/**
 * How time enters a network.
 *
 * - `concat`: as one more input of the first layer.
 * - `concatAll`: as one more input of every layer.
 * - `gated`: every layer is `(x W + b) ∘ σ(g t + h)`.
 * - `concatSquash`: every layer is `(x W + b) ∘ σ(g t + h) + v t`, as in FFJORD (Grathwohl et al., 2019, appendix B).
 */
export type TimeForm = 'concat' | 'concatAll' | 'gated' | 'concatSquash';

const TIME_FORMS: readonly TimeForm[] = ['concat', 'concatAll', 'gated', 'concatSquash'];

/** How the last layer of a network starts. */
export type InitialOutput = 'random' | 'zero';

/** What fields that are networks of point, time and context have in common, whatever their layers. */
export interface FieldNetworkOptions {
  /** Numbers in one point. */
  readonly dims: number;
  /** Default: `tanh`. It should be smooth, see {@link MLPField}. */
  readonly activation?: ActivationName;
  /** How time enters. Default: `concat`. */
  readonly time?: TimeForm;
  /** Shape of one context, flattened and one more input of the first layer; null for none. Default: null. */
  readonly contextShape?: Shape | null;
  /** `zero`: the last layer starts at zero, and a flow along the field as the identity. Default: `random`. */
  readonly initialOutput?: InitialOutput;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/**
 * The options with their defaults, and what follows from them: entries of one flattened context, what the last layer adds
 * to its options, and the stream of the initial weights.
 *
 * @throws FlowConfigError for a size, activation, time form or initial output that makes no network.
 */
export function checkNetwork(where: string, options: FieldNetworkOptions) {
  const { dims, activation = 'tanh', time = 'concat', contextShape = null } = options;
  const { initialOutput = 'random', seed = 0 } = options;
  checkInteger(`${where}.dims`, dims);
  checkActivation(`${where}.activation`, activation);
  checkTimeForm(`${where}.time`, time);
  checkInitialOutput(`${where}.initialOutput`, initialOutput);
  const contextSize = contextSizeOf(`${where}.contextShape`, contextShape);
  const lastLayer = initialOutput === 'zero' ? { initialRange: 0 } : {};
  const stream = RandomStream.from(seed);
  return {
    known: { dims, activation, time, contextShape, initialOutput, seed: stream.key },
    contextSize,
    lastLayer,
    stream,
  };
}

/** @throws FlowConfigError for a name that is not an {@link InitialOutput}. */
export function checkInitialOutput(where: string, start: InitialOutput): void {
  if (start !== 'random' && start !== 'zero') {
    throw new FlowConfigError(where, { expected: '"random" or "zero"', got: JSON.stringify(start) });
  }
}

function checkTimeForm(where: string, form: TimeForm): void {
  if (!TIME_FORMS.includes(form)) {
    throw new FlowConfigError(where, { expected: `one of ${TIME_FORMS.join(', ')}`, got: `"${form}"` });
  }
}
