import { MLP } from '../../conditioners/mlp.js';
import { ResidualNet } from '../../conditioners/residual-net.js';
import type { Config } from '../../module.js';
import { activationName, readActivation } from './activations.js';
import { readLinear, writeLinear, type OutputChange, type Tensors } from './linears.js';
import type { TensorShelf } from './tensor-shelf.js';
import type { Description, LayerDescription } from './weight-map.js';

/** Sizes of a network, and how its outputs are numbered over there. */
export interface NetworkRequest {
  readonly inputs: number;
  readonly outputs: number;
  /** Our output `j` is their output `rows[j]`; null for the same order. */
  readonly rows: readonly number[] | null;
  /** Entries of one context. */
  readonly context: number;
}

/** A network built here, and its weights by their paths below it. */
export interface ReadNetwork<Network> {
  readonly network: Network;
  readonly tensors: Tensors;
}

/** `ResidualNet` of nflows and of normflows: without batch normalisation it is ours. */
export function readResidualNet(
  net: Description,
  from: TensorShelf,
  { inputs, outputs, rows, context }: NetworkRequest,
): ReadNetwork<ResidualNet> {
  const [hidden, blocks] = [net.count('hidden'), net.count('blocks')];
  const tensors: Tensors = new Map();
  readLinear(from, 'initial_layer', tensors, 'entry');
  readBlocks(from, tensors, blocks);
  readLinear(from, 'final_layer', tensors, 'output', rows);
  const contextShape = context > 0 ? [context] : null;
  const activation = readActivation(net);
  const network = new ResidualNet({ inputs, outputs, hidden, blocks, activation, contextShape, dropout: net.number('dropout') }); // prettier-ignore
  return { network, tensors };
}

export function writeResidualNet(
  config: Config,
  from: TensorShelf,
  into: Tensors,
  prefix: string,
  outputs: OutputChange,
): LayerDescription {
  const { hidden, blocks, activation, dropout } = config as { hidden: number; blocks: number; activation: never; dropout: number }; // prettier-ignore
  writeLinear(from, 'entry', into, `${prefix}initial_layer`);
  writeBlocks(from, into, prefix, blocks);
  writeLinear(from, 'output', into, `${prefix}final_layer`, outputs);
  return { class: 'ResidualNet', hidden, blocks, activation: activationName(activation), dropout };
}

/** Pre-activation blocks of two layers, gated by a context where there is one. */
export function readBlocks(from: TensorShelf, into: Tensors, blocks: number): void {
  for (let i = 0; i < blocks; i++) {
    readLinear(from, `blocks.${i}.linear_layers.0`, into, `block${i}.first`);
    readLinear(from, `blocks.${i}.linear_layers.1`, into, `block${i}.second`);
    const gate = `blocks.${i}.context_layer`;
    if (from.has(`${gate}.weight`)) readLinear(from, gate, into, `block${i}.gate`);
  }
}

export function writeBlocks(from: TensorShelf, into: Tensors, prefix: string, blocks: number): void {
  for (let i = 0; i < blocks; i++) {
    writeLinear(from, `block${i}.first`, into, `${prefix}blocks.${i}.linear_layers.0`);
    writeLinear(from, `block${i}.second`, into, `${prefix}blocks.${i}.linear_layers.1`);
    if (from.has(`block${i}.gate.kernel`)) {
      writeLinear(from, `block${i}.gate`, into, `${prefix}blocks.${i}.context_layer`);
    }
  }
}

/** A `Sequential` of linear layers with activations between them; which places they stand at follows from the names. */
export function readPerceptron(
  net: Description,
  from: TensorShelf,
  { inputs, outputs, rows, context }: NetworkRequest,
): ReadNetwork<MLP> {
  const places = from.places((n) => `${n}.weight`);
  const tensors: Tensors = new Map();
  const hidden = places.slice(0, -1).map((place, i) => {
    readLinear(from, `${place}`, tensors, `dense${i}`);
    return tensors.get(`dense${i}.bias`)!.values.length;
  });
  readLinear(from, `${places.at(-1) ?? 0}`, tensors, 'output', rows);
  const contextShape = context > 0 ? [context] : null;
  const network = new MLP({ inputs, outputs, hidden, activation: readActivation(net), contextShape });
  return { network, tensors };
}

export function writePerceptron(
  config: Config,
  from: TensorShelf,
  into: Tensors,
  prefix: string,
  outputs: OutputChange,
): LayerDescription {
  const { hidden, activation } = config as { hidden: readonly number[]; activation: never };
  hidden.forEach((_, i) => writeLinear(from, `dense${i}`, into, `${prefix}${2 * i}`));
  writeLinear(from, 'output', into, `${prefix}${2 * hidden.length}`, outputs);
  return { class: 'MLP', hidden, activation: activationName(activation) };
}
