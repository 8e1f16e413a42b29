import { FlowConfigError, FlowFileError } from '../../errors.js';
import { ImageSet } from './image-set.js';
import { inflate, readBytes, type FileSource } from './read-bytes.js';

/** Options of {@link decodeCifar}. */
export interface CifarOptions {
  /** 10 for CIFAR-10, 100 for CIFAR-100, 20 for CIFAR-100 with its coarse labels. */
  readonly classes: 10 | 20 | 100;
}

/** Files of {@link readCifar}. */
export interface CifarFiles extends CifarOptions {
  /** In the binary version: such as `data_batch_1.bin` to `data_batch_5.bin`, or `train.bin`. */
  readonly batches: readonly FileSource[];
}

const SIZE = 32;
const PIXELS = SIZE * SIZE;

/**
 * Reads a batch of CIFAR-10 or CIFAR-100 in the binary version: for each image one label (CIFAR-100: two, the coarse one
 * first), then 1024 bytes of red, of green and of blue. Channels come last in the result, `[n, 32, 32, 3]`.
 *
 * @param bytes the file, gzipped or not, but taken out of its tar archive
 * @throws FlowConfigError for another number of classes.
 * @throws FlowFileError when the file is not of whole images, or has labels that there are not.
 */
export async function decodeCifar(bytes: Uint8Array, options: CifarOptions): Promise<ImageSet> {
  return decode(await inflate(bytes, 'decodeCifar'), options, 'decodeCifar');
}

/**
 * The images of several batches of CIFAR-10 or CIFAR-100, one after the other.
 *
 * @throws FlowFileError when a file is missing, damaged or of another kind.
 */
export async function readCifar({ batches, classes }: CifarFiles): Promise<ImageSet> {
  if (batches.length === 0) {
    throw new FlowConfigError('readCifar.batches', { expected: 'at least one file', got: 'none' });
  }
  const sets: ImageSet[] = [];
  for (const [i, batch] of batches.entries()) {
    const where = `readCifar.batches[${i}]`;
    sets.push(decode(await readBytes(batch, where), { classes }, where));
  }
  return ImageSet.concat(sets);
}

function decode(bytes: Uint8Array, { classes }: CifarOptions, where: string): ImageSet {
  if (classes !== 10 && classes !== 20 && classes !== 100) {
    throw new FlowConfigError(`${where}.classes`, { expected: '10, 20 or 100', got: String(classes) });
  }
  const labelBytes = classes === 10 ? 1 : 2;
  const labelAt = classes === 100 ? 1 : 0;
  const record = labelBytes + 3 * PIXELS;
  const n = bytes.length / record;
  if (!Number.isInteger(n) || n === 0) {
    throw new FlowFileError(where, {
      expected: `a multiple of ${record} bytes, ${record} an image`,
      got: String(bytes.length),
      hint: 'It has to be a file of the binary version, out of its archive, with the number of classes it was made for.',
    });
  }
  const images = new Uint8Array(n * PIXELS * 3);
  const labels = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const start = i * record;
    labels[i] = bytes[start + labelAt];
    if (labels[i] >= classes) {
      const hint = 'It may be a file of another kind.';
      throw new FlowFileError(where, { expected: `labels below ${classes}`, got: `${labels[i]} at image ${i}`, hint });
    }
    for (let channel = 0; channel < 3; channel++) {
      const plane = start + labelBytes + channel * PIXELS;
      for (let pixel = 0; pixel < PIXELS; pixel++) images[(i * PIXELS + pixel) * 3 + channel] = bytes[plane + pixel];
    }
  }
  return new ImageSet({ images, labels, shape: [n, SIZE, SIZE, 3] });
}
