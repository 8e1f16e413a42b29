import { Autoregressive } from '../../bijectors/autoregressive.js';
import { Coupling } from '../../bijectors/coupling.js';
import { MaskedMLP } from '../../conditioners/masked-mlp.js';
import { MaskedResidualNet } from '../../conditioners/masked-residual-net.js';
import { ResidualNet } from '../../conditioners/residual-net.js';
import type { ElementwiseTransform } from '../../elementwise/elementwise-transform.js';
import type { RationalQuadraticSpline } from '../../elementwise/rational-quadratic-spline.js';
import type { Config } from '../../module.js';
import { below, type Tensors } from './linears.js';
import {
  feedForwardNames,
  readMaskedPerceptron,
  readMaskedResidualNet,
  writeMaskedPerceptron,
  writeMaskedResidualNet,
} from './masked-networks.js';
import { readResidualNet, writeResidualNet } from './networks.js';
import type { FlowSizes, ReadPart, WrittenPart } from './peer.js';
import { describeSpline, readSpline, readUnconditional, writeUnconditional } from './splines.js';
import type { TensorShelf } from './tensor-shelf.js';
import type { Description, LayerDescription } from './weight-map.js';

/** Layers that nflows and normflows both took from the code of Neural Spline Flows (Durkan et al., 2019). */

/** How the numbers that a network emits are ordered over there, for so many coordinates. */
type OrderOf = ((coordinates: number) => number[]) | null;

/** What a layer over there is called, and the order of its parameters; null where there is no such layer. */
type Naming = { readonly layer: LayerDescription; readonly order: OrderOf } | null;

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

/** @param name what the layer is called over there, by its scalar map and the width of its net */
export function writeResidualCoupling(
  coupling: Coupling,
  from: TensorShelf,
  name: (transform: unknown, hidden: number) => Naming,
  prefix = '',
): WrittenPart | null {
  const { mask, transform, conditioner, unconditional } = coupling.getConfig() as unknown as CouplingConfig;
  if (!(conditioner instanceof ResidualNet) || conditioner.circular.length > 0) return null;
  const naming = name(transform, conditioner.hiddenWidth);
  if (!naming) return null;
  const moved = mask.filter(Boolean).length;
  const tensors: Tensors = new Map();
  if (unconditional) {
    const spline = describeSpline(unconditional, 1);
    if (!spline || !sameSpline(spline, naming.layer)) return null;
    const parameters = from.take('unconditional.parameters');
    writeUnconditional(parameters, mask.length - moved, spline.bins as number, tensors, `${prefix}unconditional_transform.`); // prettier-ignore
  }
  const rows = naming.order && naming.order(moved);
  const net = writeResidualNet(conditioner.getConfig(), from.under('conditioner.'), tensors, `${prefix}transform_net.`, rows); // prettier-ignore
  const layer = { ...naming.layer, mask: mask.map(Number), unconditional: unconditional !== null, net };
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

/** @param name what the layer is called over there, if there is one of that kind */
export function writeMaskedLayer(
  bijector: Autoregressive,
  from: TensorShelf,
  name: (kind: MaskedKind) => Naming,
  prefix = '',
): WrittenPart | null {
  const { dims, transform, conditioner } = bijector.getConfig() as unknown as AutoregressiveConfig;
  const feedForward = conditioner instanceof MaskedMLP;
  if (!(feedForward || conditioner instanceof MaskedResidualNet) || conditioner.circular.length > 0) return null;
  const naming = name({ transform, context: conditioner.contextShape !== null, feedForward });
  if (!naming) return null;
  const config = conditioner.getConfig();
  const rows = naming.order && naming.order(dims);
  const tensors: Tensors = new Map();
  const shelf = from.under('conditioner.');
  const inside = `${prefix}autoregressive_net.`;
  const net = feedForward
    ? writeFeedForward(config, shelf, tensors, inside, rows)
    : writeMaskedResidualNet(config, shelf, tensors, inside, rows);
  return net && { layer: { ...naming.layer, order: [...conditioner.order], net }, tensors };
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
  rows: readonly number[] | null,
): LayerDescription | null {
  const hidden = config.hidden as readonly number[];
  if (hidden.some((width) => width !== hidden[0])) return null;
  const net = writeMaskedPerceptron(config, from, into, feedForwardNames(prefix, hidden.length), rows);
  return { ...net, hidden: hidden[0], blocks: hidden.length - 1 };
}

/** The splines of both halves have the same options over there. */
function sameSpline(spline: Record<string, unknown>, layer: LayerDescription): boolean {
  return Object.entries(spline).every(([name, value]) => layer[name] === value);
}
