import { FlowFileError } from '../../errors.js';
import { formatShape, sizeOf } from '../../shapes.js';
import { ImageSet } from './image-set.js';
import { inflate, readBytes, type FileSource } from './read-bytes.js';

/** Numbers of an IDX file. */
export interface IdxArray {
  /** Length of each axis, the slowest first; the last varies fastest in `values`. */
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: Uint8Array;
}

const TYPES: Readonly<Record<number, string>> = {
  0x08: 'unsigned bytes', 0x09: 'signed bytes', 0x0b: '16-bit integers', 0x0c: '32-bit integers', 0x0d: 'float32',
  0x0e: 'float64',
}; // prettier-ignore

/**
 * Reads an IDX file of unsigned bytes, the format of MNIST and of those made in its likeness (Fashion-MNIST, KMNIST,
 * EMNIST): two zero bytes, a type, the number of axes, their lengths as big-endian 32-bit integers, then the numbers.
 *
 * @param bytes the file, gzipped or not
 * @throws FlowFileError for another kind of file, another type of number, or another length than the file itself states.
 */
export async function decodeIdx(bytes: Uint8Array): Promise<IdxArray> {
  return decode(await inflate(bytes, 'decodeIdx'), 'decodeIdx');
}

/** Files of {@link readMnist}. */
export interface MnistFiles {
  /** Such as `train-images-idx3-ubyte.gz`. */
  readonly images: FileSource;
  /** Such as `train-labels-idx1-ubyte.gz`. */
  readonly labels?: FileSource;
}

/**
 * Images, and labels if they are named, of MNIST or a data set in its format.
 *
 * @example
 * const { train, test } = (await readMnist({ images: 'data/train-images-idx3-ubyte.gz' }))
 *   .split({ fractions: { train: 0.9, test: 0.1 }, seed: 0 });
 *
 * @throws FlowFileError when a file is missing, damaged or of another kind, or the two do not belong together.
 */
export async function readMnist({ images, labels }: MnistFiles): Promise<ImageSet> {
  const where = 'readMnist';
  const pixels = decode(await readBytes(images, `${where}.images`), `${where}.images`);
  const { shape } = pixels;
  if (shape.length !== 3 && shape.length !== 4) {
    const got = `axes of lengths ${formatShape(shape)}`;
    const hint = shape.length === 1 ? 'This looks like a file of labels.' : undefined;
    throw new FlowFileError(`${where}.images`, { expected: 'images: three axes, or four with channels', got, hint });
  }
  const [n, height, width, channels = 1] = shape;
  const codes = labels === undefined ? null : decode(await readBytes(labels, `${where}.labels`), `${where}.labels`);
  if (codes && (codes.shape.length !== 1 || codes.shape[0] !== n)) {
    const got = `axes of lengths ${formatShape(codes.shape)}`;
    throw new FlowFileError(`${where}.labels`, { expected: `one label for each of ${n} images`, got });
  }
  return new ImageSet({ images: pixels.values, labels: codes?.values, shape: [n, height, width, channels] });
}

function decode(bytes: Uint8Array, where: string): IdxArray {
  const [zero, zeroAgain, type, rank] = bytes;
  if (bytes.length < 4 || zero !== 0 || zeroAgain !== 0 || !(type in TYPES)) {
    const first = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new FlowFileError(where, {
      expected: 'an IDX file, which begins with two zero bytes and a type',
      got: bytes.length === 0 ? 'an empty one' : `one that begins with ${first}`,
    });
  }
  if (type !== 0x08) {
    throw new FlowFileError(where, { expected: 'an IDX file of unsigned bytes', got: `one of ${TYPES[type]}` });
  }
  const start = 4 + 4 * rank;
  const cut = 'The file may be damaged, or its download was cut short.';
  if (bytes.length < start) {
    throw new FlowFileError(where, { expected: `${start} bytes of header`, got: String(bytes.length), hint: cut });
  }
  const header = new DataView(bytes.buffer, bytes.byteOffset, start);
  const shape = Array.from({ length: rank }, (_, axis) => header.getUint32(4 + 4 * axis));
  if (bytes.length !== start + sizeOf(shape)) {
    throw new FlowFileError(where, {
      expected: `${start + sizeOf(shape)} bytes, for numbers of shape ${formatShape(shape)}`,
      got: String(bytes.length),
      hint: cut,
    });
  }
  return { shape, values: bytes.subarray(start) };
}
