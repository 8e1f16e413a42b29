import { FlowConfigError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import type { ImageSet } from './image-set.js';

/** Options of {@link augment}. */
export interface AugmentOptions {
  /** Whether half of the images are mirrored, left for right. Default: false. */
  readonly flip?: boolean;
  /** Pixels by which images are moved at most, each way, drawn evenly; what comes in is 0. Default: 0. */
  readonly shift?: number;
  /** Number of classes, for a flow conditioned on one-hot labels. Default: images alone. */
  readonly classes?: number;
}

/** Some images, and their labels as contexts where they were asked for. */
export type ImageBatch =
  | Uint8Array
  | {
      /** Pixels, one image after the other. */
      readonly x: Uint8Array;
      /** One context an image. */
      readonly context: Float32Array;
    };

/** Images in a batch of an augmented stream; `fit` cuts its own. */
const PIECE = 256;

/**
 * Training data in which every pass over the images is another one: shuffled, some mirrored, some moved, by the random
 * numbers that `fit` gives each pass, so that a resumed run meets the same images. Without such numbers, as in validation,
 * images come as they are.
 *
 * Flow likelihoods are those of the data as drawn here: mirrored images belong to the distribution that is learned.
 *
 * @example
 * await fit(flow, augment(images, { flip: true }), { validation: held.images });
 *
 * @throws FlowConfigError for a shift that is not a whole number of pixels, or labels that are missing.
 */
export function augment(
  images: ImageSet,
  { flip = false, shift = 0, classes }: AugmentOptions = {},
): (pass: RandomStream | null) => Iterable<ImageBatch> {
  const [n, height, width, channels] = images.shape;
  if (!Number.isInteger(shift) || shift < 0 || shift >= Math.min(height, width)) {
    throw new FlowConfigError('augment.shift', {
      expected: `a whole number of pixels below ${Math.min(height, width)}`,
      got: String(shift),
    });
  }
  const contexts = classes === undefined ? null : images.oneHotLabels(classes);
  const size = height * width * channels;
  return function* (pass) {
    const order = pass?.split('order').permutation(n);
    const draws = pass?.split('augment');
    for (let start = 0; start < n; start += PIECE) {
      const count = Math.min(PIECE, n - start);
      const x = new Uint8Array(count * size);
      const context = contexts && new Float32Array(count * classes!);
      for (let i = 0; i < count; i++) {
        const place = order ? order[start + i] : start + i;
        const image = images.images.subarray(place * size, (place + 1) * size);
        context?.set(contexts!.subarray(place * classes!, (place + 1) * classes!), i * classes!);
        const mirrored = draws !== undefined && flip && draws.nextInteger(2) === 1;
        const [down, right] = draws && shift > 0 ? [offset(draws, shift), offset(draws, shift)] : [0, 0];
        copy(image, x.subarray(i * size, (i + 1) * size), { mirrored, down, right });
      }
      yield context ? { x, context } : x;
    }
  };

  function copy(image: Uint8Array, out: Uint8Array, { mirrored, down, right }: Move): void {
    if (!mirrored && down === 0 && right === 0) return out.set(image);
    for (let y = Math.max(0, down); y < Math.min(height, height + down); y++) {
      for (let x = Math.max(0, right); x < Math.min(width, width + right); x++) {
        const from = ((y - down) * width + (mirrored ? width - 1 - (x - right) : x - right)) * channels;
        for (let channel = 0; channel < channels; channel++) out[(y * width + x) * channels + channel] = image[from + channel]; // prettier-ignore
      }
    }
  }
}

interface Move {
  readonly mirrored: boolean;
  readonly down: number;
  readonly right: number;
}

/** A whole number from −most to most. */
function offset(stream: RandomStream, most: number): number {
  return stream.nextInteger(2 * most + 1) - most;
}
