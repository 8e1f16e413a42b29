import { FlowConfigError, FlowFileError } from '../errors.js';
import { formatShape, sizeOf, type Shape } from '../shapes.js';
import { isRecord } from './json.js';

/** Numbers of one tensor, in row-major order. */
export interface StoredTensor {
  /** Empty for a single number. */
  readonly shape: Shape;
  /** Row-major. */
  readonly values: Float32Array;
}

/** What a safetensors file holds. */
export interface Safetensors {
  /** Tensors by name, in the order their bytes lie in the file. */
  readonly tensors: Map<string, StoredTensor>;
  /** Free text by name. */
  readonly metadata: Record<string, string>;
}

/** Readers of this format refuse longer headers, so that a damaged length cannot exhaust memory. */
const LONGEST_HEADER = 100_000_000;
const METADATA = '__metadata__';

/**
 * Writes tensors in the safetensors format (https://github.com/huggingface/safetensors): the length of the header as
 * eight little-endian bytes, the header as JSON padded with spaces to a multiple of eight, then the numbers, little
 * endian, one tensor after the other without gaps.
 *
 * @throws FlowConfigError when the numbers do not fill the shape, or a name or note is not allowed.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push([METADATA, checkMetadata(metadata)]);
  let end = 0;
  for (const [name, tensor] of tensors) {
    checkTensor(name, tensor);
    const begin = end;
    end += tensor.values.byteLength;
    entries.push([name, { dtype: 'F32', shape: [...tensor.shape], data_offsets: [begin, end] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(json, 8);
  bytes.fill(SPACE, 8 + json.length, 8 + headerLength);
  let offset = 8 + headerLength;
  for (const { values } of tensors.values()) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    offset += values.byteLength;
  }
  return bytes;
}

/**
 * Reads a safetensors file of 32-bit floats. Everything is checked: a file that is cut short, has bytes left over, or
 * whose tensors overlap or leave gaps is refused. Numbers are returned as they are, infinite or not.
 *
 * @param where What the error message names as the reader.
 * @throws FlowFileError for anything but a sound file of `F32` tensors.
 */
export function decodeSafetensors(bytes: Uint8Array, where = 'decodeSafetensors'): Safetensors {
  const header = readHeader(bytes, where);
  const data = bytes.subarray(8 + header.length);
  const { [METADATA]: metadata = {}, ...described } = header.json;
  if (!isRecord(metadata) || Object.values(metadata).some((note) => typeof note !== 'string')) {
    throw new FlowFileError(where, { expected: `texts in ${METADATA}`, got: JSON.stringify(metadata) });
  }
  const regions = Object.entries(described)
    .map(([name, entry]) => checkEntry(name, entry, data.length, where))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const region of regions) {
    if (region.begin !== end) {
      throw new FlowFileError(where, {
        expected: `tensor "${region.name}" to begin at byte ${end} of the data, where the one before it ends`,
        got: `byte ${region.begin}`,
        hint: 'The file is damaged: its tensors overlap or leave gaps.',
      });
    }
    end = region.end;
  }
  if (end !== data.length) {
    throw new FlowFileError(where, { expected: `${end} bytes of numbers`, got: `${data.length}`, hint: DAMAGED });
  }
  const tensors = new Map<string, StoredTensor>();
  for (const { name, shape, begin, end: stop } of regions) {
    tensors.set(name, { shape, values: new Float32Array(new Uint8Array(data.subarray(begin, stop)).buffer) });
  }
  return { tensors, metadata: metadata as Record<string, string> };
}

const SPACE = 0x20;
const OPENING_BRACE = 0x7b;
const DAMAGED = 'The file was cut short or damaged; restore it from another copy.';

interface Region {
  readonly name: string;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

function checkTensor(name: string, { shape, values }: StoredTensor): void {
  const where = 'encodeSafetensors';
  if (name === METADATA) {
    throw new FlowConfigError(where, { expected: 'another name', got: `"${name}", which the format reserves` });
  }
  if (!(values instanceof Float32Array) || values.length !== sizeOf(shape)) {
    throw new FlowConfigError(where, {
      expected: `a Float32Array of ${sizeOf(shape)} numbers for "${name}" of shape ${formatShape(shape)}`,
      got: `${values?.constructor.name ?? 'nothing'} of length ${values?.length}`,
    });
  }
}

function checkMetadata(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [key, note] of Object.entries(metadata)) {
    if (typeof note !== 'string') {
      throw new FlowConfigError('encodeSafetensors', { expected: `text as metadata "${key}"`, got: typeof note });
    }
  }
  return metadata;
}

function readHeader(bytes: Uint8Array, where: string): { length: number; json: Record<string, unknown> } {
  if (bytes.length < 8) {
    throw new FlowFileError(where, { expected: 'at least 8 bytes', got: `${bytes.length}`, hint: DAMAGED });
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > LONGEST_HEADER) {
    throw new FlowFileError(where, {
      expected: `a header of at most ${LONGEST_HEADER} bytes`,
      got: `${length}`,
      hint: 'This is not a safetensors file, or its start is damaged.',
    });
  }
  if (8 + length > bytes.length) {
    throw new FlowFileError(where, {
      expected: `a header of ${length} bytes`,
      got: `${bytes.length - 8} bytes after its length`,
      hint: DAMAGED,
    });
  }
  const json = bytes[8] === OPENING_BRACE ? parseJson(bytes.subarray(8, 8 + length)) : undefined;
  if (!isRecord(json)) {
    throw new FlowFileError(where, { expected: 'a header in JSON', got: 'something else', hint: DAMAGED });
  }
  return { length, json };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function checkEntry(name: string, entry: unknown, available: number, where: string): Region {
  const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : {};
  if (dtype !== 'F32') {
    throw new FlowFileError(where, {
      expected: `numbers of type F32 for "${name}"`,
      got: String(dtype),
      hint: 'Convert the file to 32-bit floats first.',
    });
  }
  if (!isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) {
    throw new FlowFileError(where, {
      expected: `"shape" and "data_offsets" of "${name}" as lists of whole numbers`,
      got: `${JSON.stringify(shape)} and ${JSON.stringify(offsets)}`,
    });
  }
  const [begin, end] = offsets;
  if (end > available) {
    throw new FlowFileError(where, {
      expected: `${end} bytes of numbers, where "${name}" ends`,
      got: `${available}`,
      hint: DAMAGED,
    });
  }
  if (end - begin !== 4 * sizeOf(shape)) {
    throw new FlowFileError(where, {
      expected: `${4 * sizeOf(shape)} bytes for "${name}" of shape ${formatShape(shape)}`,
      got: `${end - begin}`,
      hint: DAMAGED,
    });
  }
  return { name, shape, begin, end };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && entry >= 0);
}
