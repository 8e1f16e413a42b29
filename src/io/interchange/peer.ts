import type { Bijector } from '../../bijectors/bijector.js';
import type { Distribution } from '../../distributions/distribution.js';
import type { Tensors } from './linears.js';
import type { TensorShelf } from './tensor-shelf.js';
import type { Description, LayerDescription, PeerName } from './weight-map.js';

/** Something that was built here, and its weights by their paths below it. */
export interface ReadPart<Part> {
  readonly part: Part;
  readonly tensors: Tensors;
}

/** A layer in the terms of the other library; tensors by their names below it. */
export interface WrittenPart {
  readonly layer: LayerDescription;
  readonly tensors: Tensors;
}

/** Sizes of all layers of a flow. */
export interface FlowSizes {
  readonly features: number;
  readonly context: number;
}

/** What is known of another library: which of its layers are which of ours. */
export interface Peer {
  readonly name: PeerName;
  /** Which end its lists begin at; a `Chain` begins at the base. */
  readonly listsFrom: 'data' | 'base';
  /** @throws FlowFileError for a layer without a like here. */
  readLayer(layer: Description, from: TensorShelf, sizes: FlowSizes): ReadPart<Bijector>;
  /**
   * Null for one without a like over there.
   *
   * @param from weights by their paths below the bijector
   */
  writeLayer(bijector: Bijector, from: TensorShelf, sizes: FlowSizes): WrittenPart | null;
  /** @throws FlowFileError for a base without a like here. */
  readBase(base: Description, from: TensorShelf, sizes: FlowSizes): ReadPart<Distribution>;
  /** A normal base of these moments; null where the library has only the standard one, and a layer has to do it. */
  writeBase(moments: Moments): WrittenPart | null;
  /** `z = scale · x + shift` towards the base; null where that is not possible. */
  writeAffine(scale: readonly number[], shift: readonly number[]): WrittenPart | null;
}

/** Of a normal base, one a coordinate. */
export interface Moments {
  readonly loc: readonly number[];
  readonly logScale: readonly number[];
}
