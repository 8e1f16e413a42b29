import { FlowFileError } from '../../errors.js';
import { isRecord } from '../json.js';

/** Libraries of PyTorch that weights can be exchanged with. */
export type PeerName = 'nflows' | 'zuko' | 'normflows';

/** What a layer of the other library is made of: its class, and numbers, texts and lists that say which of its kind. */
export type LayerDescription = Readonly<Record<string, unknown>> & {
  /** Name of its class there. */
  readonly class: string;
};

/** The map beside the weights: what the tensors are the weights of. Plain JSON. */
export interface WeightMap {
  /** What tells such a file from others. */
  readonly format: 'tfjs-flows-weights';
  /** Of the format. */
  readonly version: 1;
  /** Whose layers are described. */
  readonly library: PeerName;
  /** Coordinates of one event. */
  readonly features: number;
  /** Entries of one context; 0 for none. */
  readonly context: number;
  /** Transforms as the library lists them; tensors of the one at place `i` have names that begin with `i.`. */
  readonly layers: readonly LayerDescription[];
  /** Where draws start; its tensors have names that begin with `base.`. */
  readonly base: LayerDescription;
}

/** Weights in the terms of another library, as two files hold them. */
export interface ExchangedWeights {
  /** What the tensors belong to; write it as JSON. */
  readonly map: WeightMap;
  /** A safetensors file. */
  readonly weights: Uint8Array;
}

export const FORMAT = 'tfjs-flows-weights';
export const FORMAT_VERSION = 1;

/** Reads one description of a map; what is missing or of another type is refused with its place. */
export class Description {
  /** What it may be read as. */
  readonly record: Readonly<Record<string, unknown>>;
  readonly #place: string;
  readonly #where: string;

  /** @throws FlowFileError for anything but a JSON object. */
  constructor(value: unknown, place: string, where: string) {
    this.#place = place;
    this.#where = where;
    if (!isRecord(value)) throw this.refused('an object', value);
    this.record = value;
  }

  get class(): string {
    return this.text('class');
  }

  text(name: string): string {
    const value = this.record[name];
    return typeof value === 'string' ? value : this.fail(name, 'a text', value);
  }

  number(name: string): number {
    const value = this.record[name];
    return typeof value === 'number' && Number.isFinite(value) ? value : this.fail(name, 'a number', value);
  }

  /** A whole number that is not negative. */
  count(name: string): number {
    const value = this.number(name);
    return Number.isInteger(value) && value >= 0 ? value : this.fail(name, 'a whole number', value);
  }

  flag(name: string): boolean {
    const value = this.record[name];
    return typeof value === 'boolean' ? value : this.fail(name, 'true or false', value);
  }

  /** Whole numbers, as many as are asked for. */
  counts(name: string, length: number): number[] {
    const value = this.record[name];
    const right = Array.isArray(value) && value.length === length && value.every((entry) => Number.isInteger(entry));
    return right ? (value as number[]) : this.fail(name, `a list of ${length} whole numbers`, value);
  }

  /** An object inside. */
  part(name: string): Description {
    return new Description(this.record[name], `${this.#place}.${name}`, this.#where);
  }

  /** The error for a thing that is known to the other library and not to this one. */
  unmapped(what: string): FlowFileError {
    return new FlowFileError(this.#where, {
      expected: `${this.#place} to be something that has a like here`,
      got: what,
      hint: 'docs/migrating-weights.md lists what can be exchanged.',
    });
  }

  private fail(name: string, expected: string, value: unknown): never {
    throw this.refused(`${expected} as ${name}`, value);
  }

  private refused(expected: string, value: unknown): FlowFileError {
    return new FlowFileError(this.#where, {
      expected: `${expected} in ${this.#place} of the map`,
      got: JSON.stringify(value) ?? 'nothing',
    });
  }
}
