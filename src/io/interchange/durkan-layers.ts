import { Autoregressive } from '../../bijectors/autoregressive.js';
import { Coupling } from '../../bijectors/coupling.js';
import { MaskedMLP } from '../../conditioners/masked-mlp.js';
import { MaskedResidualNet } from '../../conditioners/masked-residual-net.js';
import { ResidualNet } from '../../conditioners/residual-net.js';
import type { ElementwiseTransform } from '../../elementwise/elementwise-transform.js';
import type { RationalQuadraticSpline } from '../../elementwise/rational-quadratic-spline.js';
import type { Config } from '../../module.js';
import { below, type OutputChange, type Tensors } from './linears.js';
import {
  feedForwardNames,
  readMaskedPerceptron,
  readMaskedResidualNet,
  writeMaskedPerceptron,
  writeMaskedResidualNet,
} from './masked-networks.js';
import { readResidualNet, writeResidualNet } from './networks.js';
import type { FlowSizes, ReadPart, WrittenPart } from './peer.js';
import {
  describeSpline,
  readSpline,
  readUnconditional,
  writeUnconditional,
  type SplineDescription,
} from './splines.js';
import type { TensorShelf } from './tensor-shelf.js';
import type { Description, LayerDescription } from './weight-map.js';

/** Layers that nflows and normflows both took from the code of Neural Spline Flows (Durkan et al., 2019). */

/** How the numbers that a network emits are ordered over there, for so many coordinates. */
type OrderOf = ((coordinates: number) => number[]) | null;

/** A layer over there that is like one of ours. */
export interface Likeness {
  readonly layer: LayerDescription;
  /** Of its parameters; default: as here. */
  readonly order?: OrderOf;
  /** What widths and heights of a spline have to be multiplied by, as its factor there is another. Default: 1. */
  readonly sizeFactor?: number;
}

/** A coupling whose mask has ones for what is transformed, with a `ResidualNet`. */
export function readResidualCoupling(
  layer: Description,
  from: TensorShelf,
  { features, context }: FlowSizes,
  transform: ElementwiseTransform,
  order: OrderOf = null,
): ReadPart<Coupling> {
  const mask = layer.counts('mask', features).map((entry) => entry > 0);
  const moved = mask.filter(Boolean).length;
  const net = layer.part('net');
  if (net.class !== 'ResidualNet') throw net.unmapped(`"${net.class}"`);
  if (moved === 0 || moved === features) throw layer.unmapped('a mask that transforms all or nothing');
  const request = { inputs: features - moved, outputs: moved * transform.parameterCount, context, rows: order && order(moved) }; // prettier-ignore
  const { network, tensors: own } = readResidualNet(net, from.under('transform_net.'), request);
  const tensors = below('conditioner', own);
  const unconditional = layer.flag('unconditional') ? readSpline(layer) : null;
  if (unconditional) {
    const shelf = from.under('unconditional_transform.');
    tensors.set('unconditional.parameters', readUnconditional(shelf, features - moved, layer.count('bins')));
  }
  return { part: new Coupling({ mask, transform, conditioner: network, unconditional }), tensors };
}

/** @param like what the layer is over there, by its scalar map and the width of its net */
export function writeResidualCoupling(
  coupling: Coupling,
  from: TensorShelf,
  like: (transform: unknown, hidden: number) => Likeness | null,
  prefix = '',
): WrittenPart | null {
  const { mask, transform, conditioner, unconditional } = coupling.getConfig() as unknown as CouplingConfig;
  if (!(conditioner instanceof ResidualNet) || conditioner.circular.length > 0) return null;
  const likeness = like(transform, conditioner.hiddenWidth);
  if (!likeness) return null;
  const moved = mask.filter(Boolean).length;
  const tensors: Tensors = new Map();
  if (unconditional) {
    const spline = describeSpline(unconditional);
    if (spline?.rawScale !== 1 || !sameSpline(spline, likeness.layer)) return null;
    const parameters = from.take('unconditional.parameters');
    writeUnconditional(parameters, mask.length - moved, likeness.layer.bins as number, tensors, `${prefix}unconditional_transform.`); // prettier-ignore
  }
  const change = outputChange(likeness, moved);
  const net = writeResidualNet(conditioner.getConfig(), from.under('conditioner.'), tensors, `${prefix}transform_net.`, change); // prettier-ignore
  const layer = { ...likeness.layer, mask: mask.map(Number), unconditional: unconditional !== null, net };
  return { layer, tensors };
}

/** An autoregressive layer with a `MADE`. */
export function readMaskedLayer(
  layer: Description,
  from: TensorShelf,
  { features, context }: FlowSizes,
  transform: ElementwiseTransform,
  order: OrderOf = null,
): ReadPart<Autoregressive> {
  const net = layer.part('net');
  if (net.class !== 'MADE') throw net.unmapped(`"${net.class}"`);
  const request = {
    features,
    context,
    parametersPerFeature: transform.parameterCount,
    order: layer.counts('order', features),
    rows: order && order(features),
  };
  const shelf = from.under('autoregressive_net.');
  const { network, tensors } = net.flag('residual')
    ? readMaskedResidualNet(net, shelf, request)
    : readMaskedPerceptron(net, shelf, feedForwardNames('', net.count('blocks') + 1), request);
  return {
    part: new Autoregressive({ dims: features, transform, conditioner: network }),
    tensors: below('conditioner', tensors),
  };
}

/** @param like what the layer is over there, if there is one of that kind */
export function writeMaskedLayer(
  bijector: Autoregressive,
  from: TensorShelf,
  like: (kind: MaskedKind) => Likeness | null,
  prefix = '',
): WrittenPart | null {
  const { dims, transform, conditioner } = bijector.getConfig() as unknown as AutoregressiveConfig;
  const feedForward = conditioner instanceof MaskedMLP;
  if (!(feedForward || conditioner instanceof MaskedResidualNet) || conditioner.circular.length > 0) return null;
  const likeness = like({ transform, context: conditioner.contextShape !== null, feedForward });
  if (!likeness) return null;
  const config = conditioner.getConfig();
  const change = outputChange(likeness, dims);
  const tensors: Tensors = new Map();
  const shelf = from.under('conditioner.');
  const inside = `${prefix}autoregressive_net.`;
  const net = feedForward
    ? writeFeedForward(config, shelf, tensors, inside, change)
    : writeMaskedResidualNet(config, shelf, tensors, inside, change);
  return net && { layer: { ...likeness.layer, order: [...conditioner.order], net }, tensors };
}

/** What decides which layer over there an autoregressive one is. */
interface MaskedKind {
  readonly transform: unknown;
  readonly context: boolean;
  readonly feedForward: boolean;
}

interface CouplingConfig {
  readonly mask: readonly boolean[];
  readonly transform: unknown;
  readonly conditioner: unknown;
  readonly unconditional: RationalQuadraticSpline | null;
}

interface AutoregressiveConfig {
  readonly dims: number;
  readonly transform: unknown;
  readonly conditioner: unknown;
}

/** Their feed-forward `MADE` has one width. */
function writeFeedForward(
  config: Config,
  from: TensorShelf,
  into: Tensors,
  prefix: string,
  change: OutputChange,
): LayerDescription | null {
  const hidden = config.hidden as readonly number[];
  if (hidden.some((width) => width !== hidden[0])) return null;
  const net = writeMaskedPerceptron(config, from, into, feedForwardNames(prefix, hidden.length), change);
  return { ...net, hidden: hidden[0], blocks: hidden.length - 1 };
}

/** The splines of both halves have the same options over there. */
function sameSpline({ options }: SplineDescription, layer: LayerDescription): boolean {
  return Object.entries(options).every(([name, value]) => layer[name] === value);
}

function outputChange({ layer, order = null, sizeFactor = 1 }: Likeness, coordinates: number): OutputChange {
  const rows = order && order(coordinates);
  if (Math.abs(sizeFactor - 1) < 1e-6) return { rows, factors: null };
  const bins = layer.bins as number;
  const each = [...Array<number>(2 * bins).fill(sizeFactor), ...Array<number>(bins - 1).fill(1)];
  return { rows, factors: Array.from({ length: coordinates }, () => each).flat() };
}
