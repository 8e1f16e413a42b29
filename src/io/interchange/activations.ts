import { ACTIVATION_NAMES, type ActivationName } from '../../conditioners/activation.js';
import type { Description } from './weight-map.js';

/** Names in a map are those of PyTorch's functions, `leaky_relu` with its default slope. */
export function activationName(name: ActivationName): string {
  return name.replace('Relu', '_relu');
}

/** @throws FlowFileError for a function that networks here do not have. */
export function readActivation(net: Description): ActivationName {
  const name = net.text('activation');
  const known = ACTIVATION_NAMES.find((ours) => activationName(ours) === name);
  if (!known) throw net.unmapped(`activation "${name}"`);
  return known;
}
