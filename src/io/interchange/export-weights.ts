import { Affine } from '../../bijectors/affine.js';
import { Autoregressive } from '../../bijectors/autoregressive.js';
import type { Bijector } from '../../bijectors/bijector.js';
import { Chain } from '../../bijectors/chain.js';
import { Coupling } from '../../bijectors/coupling.js';
import { Invert } from '../../bijectors/invert.js';
import { Standardize } from '../../bijectors/standardize.js';
import { Normal } from '../../distributions/normal.js';
import { FlowConfigError } from '../../errors.js';
import type { Flow } from '../../flows/flow.js';
import { perCoordinate, type PerCoordinate } from '../../distributions/check.js';
import { sizeOf } from '../../shapes.js';
import { checkFinite, readParameters } from '../save.js';
import { encodeSafetensors } from '../safetensors.js';
import type { Moments, Peer, WrittenPart } from './peer.js';
import { peerOf } from './peers.js';
import { TensorShelf } from './tensor-shelf.js';
import { FORMAT, FORMAT_VERSION, type ExchangedWeights, type PeerName } from './weight-map.js';
import type { Tensors } from './linears.js';

const WHERE = 'exportWeights';

/**
 * The weights of a flow in the terms of a library of PyTorch: a safetensors file and a JSON map, which the snippet of that
 * library in `docs/migrating-weights.md` makes a model of. Its densities are those of the flow, to float32 rounding.
 *
 * Only what the library has, number for number, can go there; the page lists it. Constant layers (`Standardize`, `Affine`)
 * and a normal base go along.
 *
 * @throws FlowConfigError for an unknown library, or a flow with a part that it does not have; the message names the part.
 * @throws FlowNumericsError when a parameter is not finite.
 * @example
 * const { map, weights } = await exportWeights(flow, 'nflows');
 * await writeFile('flow.json', JSON.stringify(map));
 * await writeFile('flow.safetensors', weights);
 */
export async function exportWeights(flow: Flow, library: PeerName): Promise<ExchangedWeights> {
  const peer = peerOf(library, WHERE);
  if (flow.isDisposed) throw refused(peer, 'a disposed flow, which has no weights');
  if (flow.embedding) throw refused(peer, `an embedding, ${flow.embedding.className}`);
  const [features] = flow.eventShape;
  if (flow.eventShape.length !== 1) throw refused(peer, `events with ${flow.eventShape.length} axes`);
  const sizes = { features, context: flow.contextShape ? sizeOf(flow.contextShape) : 0 };
  const parameters = await readParameters(flow);
  checkFinite(parameters, WHERE);
  const shelf = new TensorShelf(parameters, WHERE);

  const moments = momentsOf(flow, shelf, peer);
  const base = peer.writeBase(moments);
  const scaled = base ?? peer.writeBase({ loc: moments.loc.map(() => 0), logScale: moments.loc.map(() => 0) });
  const fromBase = [
    ...(base ? [] : [affineLayer(peer, moments.logScale.map(Math.exp), moments.loc, 'base')]),
    ...leaves(flow.bijector, 'bijector.').map(([bijector, path]) => {
      if (sizes.context > 0 && !bijector.contextShape && hasNetwork(bijector)) {
        throw refused(
          peer,
          `${describe(bijector)} at ${path.slice(0, -1)}, which leaves out the context of the others`,
        );
      }
      const own = shelf.under(path);
      const layer = writeConstant(bijector, own, peer, path) ?? peer.writeLayer(bijector, own, sizes);
      if (!layer) throw refused(peer, `${describe(bijector)} at ${path.slice(0, -1)}`);
      return layer;
    }),
  ];
  const layers = peer.listsFrom === 'data' ? fromBase.toReversed() : fromBase;
  const tensors: Tensors = new Map();
  layers.forEach((layer, i) => collect(layer, `${i}.`, tensors));
  collect(scaled!, 'base.', tensors);
  return {
    map: {
      format: FORMAT,
      version: FORMAT_VERSION,
      library,
      ...sizes,
      layers: layers.map(({ layer }) => layer),
      base: scaled!.layer,
    },
    weights: encodeSafetensors(tensors, { format: FORMAT }),
  };
}

/** Bijectors without those that only hold others, from base to data, with the paths below which their weights are. */
function leaves(bijector: Bijector, path: string): [Bijector, string][] {
  if (!(bijector instanceof Chain)) return [[bijector, path]];
  return bijector.bijectors.flatMap((inner, i) => leaves(inner, `${path}${i}.`));
}

/** Layers whose networks read the context over there, if the flow has one. */
function hasNetwork(bijector: Bijector): boolean {
  if (bijector instanceof Invert) return hasNetwork(bijector.bijector);
  return bijector instanceof Coupling || bijector instanceof Autoregressive;
}

/** Layers that multiply and shift by constants. */
function writeConstant(bijector: Bijector, from: TensorShelf, peer: Peer, path: string): WrittenPart | null {
  if (bijector instanceof Standardize) {
    return affineLayer(peer, [...from.take('std').values], [...from.take('mean').values], path);
  }
  if (!(bijector instanceof Affine)) return null;
  const sign = from.has('sign') ? from.take('sign').values : null;
  const scale = [...from.take('logScale').values].map((log, i) => Math.exp(log) * (sign ? sign[i] : 1));
  return affineLayer(peer, scale, [...from.take('shift').values], path);
}

/** `x = scale · z + shift` towards the data. */
function affineLayer(peer: Peer, scale: readonly number[], shift: readonly number[], path: string): WrittenPart {
  const layer = peer.writeAffine(
    scale.map((s) => 1 / s),
    shift.map((t, i) => -t / scale[i]),
  );
  if (!layer) throw refused(peer, `a negative scale at ${path}`);
  return layer;
}

function momentsOf({ base }: Flow, shelf: TensorShelf, peer: Peer): Moments {
  if (!(base instanceof Normal)) throw refused(peer, `a base of class ${base.className}`);
  const { loc, scale, learnable } = base.getConfig() as {
    loc: PerCoordinate;
    scale: PerCoordinate;
    learnable: boolean;
  };
  if (learnable) {
    return { loc: [...shelf.take('base.loc').values], logScale: [...shelf.take('base.logScale').values] };
  }
  return {
    loc: perCoordinate('Normal.loc', loc, base.eventShape),
    logScale: perCoordinate('Normal.scale', scale, base.eventShape).map(Math.log),
  };
}

function collect({ tensors }: WrittenPart, prefix: string, into: Tensors): void {
  for (const [name, tensor] of tensors) into.set(prefix + name, tensor);
}

/** A bijector with the parts that decide whether it has a like elsewhere. */
function describe(bijector: Bijector): string {
  const { transform, conditioner } = bijector.getConfig() as Record<string, { className?: string } | undefined>;
  const parts = [transform, conditioner].flatMap((part) => part?.className ?? []);
  return parts.length > 0 ? `${bijector.className} with ${parts.join(' and ')}` : bijector.className;
}

function refused(peer: Peer, got: string): FlowConfigError {
  return new FlowConfigError(WHERE, {
    expected: `a flow of parts that ${peer.name} has, with the same options`,
    got,
    hint: 'docs/migrating-weights.md lists them; save the flow with `flow.save` to keep it as it is.',
  });
}
