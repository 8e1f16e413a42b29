import {
  featureDegrees,
  hiddenDegrees,
  hiddenMask,
  outputDegrees,
  outputMask,
  type Degrees,
} from '../../conditioners/degrees.js';
import { MaskedMLP } from '../../conditioners/masked-mlp.js';
import { MaskedResidualNet } from '../../conditioners/masked-residual-net.js';
import type { Config } from '../../module.js';
import type { StoredTensor } from '../safetensors.js';
import { activationName, readActivation } from './activations.js';
import { readLinear, takeLinear, writeLinear, type OutputChange, type Tensors } from './linears.js';
import { readBlocks, writeBlocks, type ReadNetwork } from './networks.js';
import { combined, filled, sideBySide, takeColumns, transposed, type TensorShelf } from './tensor-shelf.js';
import type { Description, LayerDescription } from './weight-map.js';

/** Sizes of a masked network, and how its outputs are numbered over there. */
export interface MaskedRequest {
  readonly features: number;
  readonly parametersPerFeature: number;
  /** The features from first to last. */
  readonly order: readonly number[];
  /** Our output `j` is their output `rows[j]`; null for the same order. */
  readonly rows: readonly number[] | null;
  /** Entries of one context. */
  readonly context: number;
}

interface MaskedConfig {
  readonly hidden: number | readonly number[];
  readonly blocks?: number;
  readonly activation: never;
  readonly dropout: number;
  readonly features: number;
  readonly parametersPerFeature: number;
  readonly order: readonly number[];
  readonly contextShape: readonly number[] | null;
  readonly degrees: Degrees | readonly Degrees[] | null;
}

/** `MADE` with residual blocks. */
export function readMaskedResidualNet(
  net: Description,
  from: TensorShelf,
  request: MaskedRequest,
): ReadNetwork<MaskedResidualNet> {
  const { features, parametersPerFeature, order, rows, context } = request;
  const [hidden, blocks] = [net.count('hidden'), net.count('blocks')];
  const degrees = degreesOf(from.take('initial_layer.mask', [hidden, features]), featureDegrees(order));
  for (let i = 0; i < blocks; i++) {
    for (const layer of [0, 1]) {
      checkMask(net, from.take(`blocks.${i}.linear_layers.${layer}.mask`, [hidden, hidden]), degrees, degrees);
    }
  }
  checkOutputMask(net, from, 'final_layer', degrees, request);
  const tensors: Tensors = new Map();
  readLinear(from, 'initial_layer', tensors, 'entry');
  if (context > 0) readLinear(from, 'context_layer', tensors, 'context');
  readBlocks(from, tensors, blocks);
  readLinear(from, 'final_layer', tensors, 'output', rows);
  const network = new MaskedResidualNet({
    features,
    parametersPerFeature,
    order,
    hidden,
    blocks,
    degrees,
    activation: readActivation(net),
    dropout: net.number('dropout'),
    contextShape: context > 0 ? [context] : null,
  });
  return { network, tensors };
}

export function writeMaskedResidualNet(
  config: Config,
  from: TensorShelf,
  into: Tensors,
  prefix: string,
  outputs: OutputChange,
): LayerDescription {
  const own = config as unknown as MaskedConfig & { hidden: number; blocks: number; degrees: Degrees | null };
  const { hidden, blocks, features, contextShape, activation, dropout, order } = own;
  const degrees = own.degrees ?? hiddenDegrees(hidden, features, contextShape !== null);
  const square = maskTensor(hiddenMask(degrees, degrees), hidden);
  writeLinear(from, 'entry', into, `${prefix}initial_layer`);
  into.set(`${prefix}initial_layer.mask`, maskTensor(hiddenMask(featureDegrees(order), degrees), features));
  if (contextShape) writeLinear(from, 'context', into, `${prefix}context_layer`);
  writeBlocks(from, into, prefix, blocks);
  for (let i = 0; i < blocks; i++) {
    for (const layer of [0, 1]) into.set(`${prefix}blocks.${i}.linear_layers.${layer}.mask`, square);
  }
  writeLinear(from, 'output', into, `${prefix}final_layer`, outputs);
  into.set(`${prefix}final_layer.mask`, outputMaskTensor(degrees, own));
  return { class: 'MADE', residual: true, hidden, blocks, activation: activationName(activation), dropout };
}

/**
 * Masked linear layers with activations between them. A context enters the first of them by further columns.
 *
 * @param names of the layers, from input to output
 */
export function readMaskedPerceptron(
  net: Description,
  from: TensorShelf,
  names: readonly string[],
  request: MaskedRequest,
): ReadNetwork<MaskedMLP> {
  const { features, parametersPerFeature, order, rows, context } = request;
  const [first, ...rest] = names;
  const seen = from.take(`${first}.mask`);
  const hidden = names.slice(0, -1).map((name) => from.take(`${name}.bias`).values.length);
  if (hidden.length === 0) throw net.unmapped('a masked network without hidden layers');
  from.take(`${first}.weight`, [hidden[0], features + context]);
  const degrees = [degreesOf(takeColumns(seen, 0, features), featureDegrees(order))];
  rest.slice(0, -1).forEach((name, i) => degrees.push(degreesOf(from.take(`${name}.mask`), degrees[i])));
  checkOutputMask(net, from, names.at(-1)!, degrees.at(-1)!, request);

  const tensors: Tensors = new Map();
  const entry = takeLinear(from, first);
  tensors.set('dense0.kernel', transposed(takeColumns(entry.weight, 0, features)));
  tensors.set('dense0.bias', entry.bias);
  if (context > 0) {
    tensors.set('context.kernel', transposed(takeColumns(entry.weight, features, features + context)));
    tensors.set('context.bias', filled([hidden[0]], 0));
  }
  rest.slice(0, -1).forEach((name, i) => readLinear(from, name, tensors, `dense${i + 1}`));
  readLinear(from, names.at(-1)!, tensors, 'output', rows);
  const network = new MaskedMLP({
    features,
    parametersPerFeature,
    order,
    hidden,
    degrees,
    activation: readActivation(net),
    dropout: 'dropout' in net.record ? net.number('dropout') : 0,
    contextShape: context > 0 ? [context] : null,
  });
  return { network, tensors };
}

/** @param names of the layers, from input to output, as many as ours */
export function writeMaskedPerceptron(
  config: Config,
  from: TensorShelf,
  into: Tensors,
  names: readonly string[],
  outputs: OutputChange,
): LayerDescription {
  const own = config as unknown as MaskedConfig & { hidden: readonly number[]; degrees: readonly Degrees[] | null };
  const { hidden, features, contextShape, activation, dropout, order } = own;
  const degrees = own.degrees ?? hidden.map((width) => hiddenDegrees(width, features, contextShape !== null));
  hidden.forEach((width, i) => {
    const mask = hiddenMask(i === 0 ? featureDegrees(order) : degrees[i - 1], degrees[i]);
    writeLinear(from, `dense${i}`, into, names[i]);
    into.set(`${names[i]}.mask`, maskTensor(mask, i === 0 ? features : hidden[i - 1]));
    if (i > 0 || !contextShape) return;
    const context = transposed(from.take('context.kernel'));
    const bias = from.take('context.bias');
    into.set(`${names[0]}.weight`, sideBySide(into.get(`${names[0]}.weight`)!, context));
    into.set(`${names[0]}.mask`, sideBySide(into.get(`${names[0]}.mask`)!, filled([width, context.shape[1]], 1)));
    into.set(
      `${names[0]}.bias`,
      combined(into.get(`${names[0]}.bias`)!, bias, (a, b) => a + b),
    );
  });
  const output = names[hidden.length];
  writeLinear(from, 'output', into, output, outputs);
  into.set(`${output}.mask`, outputMaskTensor(degrees.at(-1)!, own));
  return { class: 'MADE', residual: false, hidden, activation: activationName(activation), dropout };
}

/** Names of the layers of a feed-forward `MADE`. */
export function feedForwardNames(prefix: string, hiddenLayers: number): string[] {
  const blocks = Array.from({ length: hiddenLayers - 1 }, (_, i) => `${prefix}blocks.${i}.linear`);
  return [`${prefix}initial_layer`, ...blocks, `${prefix}final_layer`];
}

/** Degrees of units that see what a mask `[units, seen]` shows them: the highest of what they see, 0 for nothing. */
function degreesOf({ shape: [units, seen], values }: StoredTensor, from: Degrees): number[] {
  return Array.from({ length: units }, (_, unit) =>
    from.reduce((highest, degree, i) => (values[unit * seen + i] ? Math.max(highest, degree) : highest), 0),
  );
}

/** @throws FlowFileError when a unit sees one of a higher degree. */
function checkMask(net: Description, mask: StoredTensor, from: Degrees, to: Degrees): void {
  const [units, seen] = mask.shape;
  for (let unit = 0; unit < units; unit++) {
    for (let i = 0; i < seen; i++) {
      if (mask.values[unit * seen + i] && from[i] > to[unit]) throw net.unmapped(OUT_OF_ORDER);
    }
  }
}

function checkOutputMask(
  net: Description,
  from: TensorShelf,
  name: string,
  degrees: Degrees,
  { features, parametersPerFeature, order }: MaskedRequest,
): void {
  const mask = from.take(`${name}.mask`, [features * parametersPerFeature, degrees.length]);
  // An output of a feature sees what depends on strictly earlier ones.
  const to = outputDegrees(featureDegrees(order), parametersPerFeature).map((degree) => degree - 1);
  checkMask(net, mask, degrees, to);
}

const OUT_OF_ORDER = 'masks by which a coordinate depends on later ones of the order';

/** Our mask, row-major `[from, to]`, as theirs, `[to, from]`. */
function maskTensor(mask: Float32Array, from: number): StoredTensor {
  return transposed({ shape: [from, mask.length / from], values: mask });
}

/** All outputs of a feature see the same, so their order over there does not matter. */
function outputMaskTensor(
  degrees: Degrees,
  { order, parametersPerFeature }: Pick<MaskedConfig, 'order' | 'parametersPerFeature'>,
): StoredTensor {
  return maskTensor(outputMask(degrees, outputDegrees(featureDegrees(order), parametersPerFeature)), degrees.length);
}
