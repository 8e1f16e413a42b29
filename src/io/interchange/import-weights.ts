import { Chain } from '../../bijectors/chain.js';
import { FlowError, FlowFileError } from '../../errors.js';
import { Flow } from '../../flows/flow.js';
import { assignParameters, type Module } from '../../module.js';
import { decodeJson } from '../json.js';
import { decodeSafetensors, type StoredTensor } from '../safetensors.js';
import type { Tensors } from './linears.js';
import type { ReadPart } from './peer.js';
import { peerOf } from './peers.js';
import { TensorShelf } from './tensor-shelf.js';
import { Description, FORMAT, FORMAT_VERSION, type PeerName } from './weight-map.js';

const WHERE = 'importWeights';

/** The two files that the snippet of a library writes; `exportWeights` makes the same. */
export interface WeightFiles {
  /** The map: parsed JSON, or the bytes or text of the file. */
  readonly map: unknown;
  /** The safetensors file. */
  readonly weights: Uint8Array;
}

/**
 * A flow with the weights of one that was trained with nflows, zuko or normflows: the same densities, to float32 rounding.
 * The two files are those that the snippet of the library in `docs/migrating-weights.md` writes; the map says which library.
 *
 * @throws FlowFileError for files that are damaged, do not belong together, or hold a layer without a like here; the
 * message names the layer. Nothing is left in memory then.
 * @example
 * const flow = importWeights({ map: await readFile('flow.json', 'utf8'), weights: await readFile('flow.safetensors') });
 */
export function importWeights({ map, weights }: WeightFiles): Flow {
  const json = parsed(map);
  const top = new Description(json, 'the map', WHERE);
  if (top.record.format !== FORMAT || top.record.version !== FORMAT_VERSION) {
    throw new FlowFileError(WHERE, {
      expected: `a map of format "${FORMAT}", version ${FORMAT_VERSION}`,
      got: `"${String(top.record.format)}", version ${String(top.record.version)}`,
      hint: 'Write it with the snippet in docs/migrating-weights.md.',
    });
  }
  const sizes = { features: top.count('features'), context: top.count('context') };
  const described = top.record.layers;
  if (!Array.isArray(described) || described.length === 0) throw top.unmapped('no layers');
  const { tensors } = decodeSafetensors(weights, WHERE);
  checkNumbers(tensors);
  const shelf = new TensorShelf(tensors, WHERE);

  const built: Module[] = [];
  const keep = <Part extends Module>(read: ReadPart<Part>): ReadPart<Part> => {
    built.push(read.part);
    return read;
  };
  try {
    const peer = peerOf(top.text('library') as PeerName, WHERE);
    const layers = described.map((layer, i) =>
      keep(peer.readLayer(new Description(layer, `layer ${i}`, WHERE), shelf.under(`${i}.`), sizes)),
    );
    const base = keep(peer.readBase(top.part('base'), shelf.under('base.'), sizes));
    shelf.checkEmpty();
    const fromBase = peer.listsFrom === 'data' ? layers.toReversed() : layers;
    const flow = new Flow({ base: base.part, bijector: new Chain({ bijectors: fromBase.map(({ part }) => part) }) });
    built.push(flow);
    const values: Tensors = new Map();
    for (const [path, tensor] of base.tensors) values.set(`base.${path}`, tensor);
    fromBase.forEach(({ tensors: own }, i) => {
      for (const [path, tensor] of own) values.set(`bijector.${i}.${path}`, tensor);
    });
    assignParameters(flow, values, WHERE);
    return flow;
  } catch (error) {
    for (const module of built) module.dispose();
    if (!(error instanceof FlowError) || error instanceof FlowFileError) throw error;
    throw new FlowFileError(WHERE, {
      expected: 'a map and weights that make a flow',
      got: `"${error.message}"`,
      hint: 'The map and the weights do not belong together, or one of them was edited.',
      cause: error,
    });
  }
}

function parsed(map: unknown): unknown {
  if (typeof map === 'string') return decodeJson(new TextEncoder().encode(map), 'the map', WHERE);
  return map instanceof Uint8Array ? decodeJson(map, 'the map', WHERE) : map;
}

/** @throws FlowFileError for a number that is not finite. */
function checkNumbers(tensors: ReadonlyMap<string, StoredTensor>): void {
  for (const [name, { values }] of tensors) {
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad < 0) continue;
    throw new FlowFileError(WHERE, {
      expected: `finite numbers in tensor "${name}"`,
      got: `${values[bad]} at index ${bad}`,
      hint: 'The training over there diverged; save an earlier state of it.',
    });
  }
}
