import { FlowConfigError, FlowDataError, FlowShapeError } from '../../errors.js';
import { formatShape, sizeOf } from '../../shapes.js';
import { splitRows, type SplitOptions } from '../split-rows.js';

/** What an {@link ImageSet} is built from. */
export interface ImageSetOptions {
  /** Pixel values, image by image, each row by row from the top, channels last. */
  readonly images: Uint8Array;
  /** Class of each image. */
  readonly labels?: Uint8Array | null;
  /** Number of images, height, width and channels. */
  readonly shape: ImageShape;
}

/** Number of images, then height, width and channels of each. */
export type ImageShape = readonly [n: number, height: number, width: number, channels: number];

/** Height and width of an image, or one number for both. */
export type ImageSize = number | readonly [height: number, width: number];

/**
 * Images of one size, with whole numbers from 0 to 255 for pixels, and maybe labels. Never changed: every method gives a
 * new set.
 *
 * `images` is what `fit` takes as data, one row an image.
 */
export class ImageSet {
  /** Pixels, one image after the other: rows for `fit`. */
  readonly images: Uint8Array;
  /** One an image, or null. */
  readonly labels: Uint8Array | null;
  /** Number of images, height, width and channels. */
  readonly shape: ImageShape;

  /** @throws FlowShapeError when there are not as many pixels or labels as the shape says. */
  constructor({ images, labels = null, shape }: ImageSetOptions) {
    if (images.length !== sizeOf(shape)) {
      throw new FlowShapeError('ImageSet.images', {
        expected: `${sizeOf(shape)} numbers for images of shape ${formatShape(shape)}`,
        got: String(images.length),
      });
    }
    if (labels && labels.length !== shape[0]) {
      throw new FlowShapeError('ImageSet.labels', { expected: `${shape[0]} labels`, got: String(labels.length) });
    }
    this.images = images;
    this.labels = labels;
    this.shape = shape;
  }

  /** All images of several sets of one size; labels are kept where every set has them. */
  static concat(sets: readonly ImageSet[]): ImageSet {
    const [first] = sets;
    if (!first) throw new FlowConfigError('ImageSet.concat', { expected: 'at least one set', got: 'none' });
    const odd = sets.find(({ eventShape }) => formatShape(eventShape) !== formatShape(first.eventShape));
    if (odd) {
      const expected = `images of shape ${formatShape(first.eventShape)}, as in the first set`;
      throw new FlowShapeError('ImageSet.concat', { expected, got: formatShape(odd.eventShape) });
    }
    const n = sets.reduce((sum, { length }) => sum + length, 0);
    const labels = sets.map((set) => set.labels).filter((own) => own !== null);
    return new ImageSet({
      images: join(sets.map(({ images }) => images)),
      labels: labels.length === sets.length ? join(labels) : null,
      shape: [n, ...first.eventShape],
    });
  }

  /** Number of images. */
  get length(): number {
    return this.shape[0];
  }

  /** Height, width and channels: the event shape of a flow over such images. */
  get eventShape(): [height: number, width: number, channels: number] {
    const [, height, width, channels] = this.shape;
    return [height, width, channels];
  }

  /**
   * The first images, or those at the places listed, in that order.
   *
   * @throws FlowDataError for more images than there are, or a place that is not there.
   */
  take(which: number | ArrayLike<number>): ImageSet {
    const places = typeof which === 'number' ? Array.from({ length: which }, (_, i) => i) : Array.from(which);
    const wrong = places.find((place) => !(Number.isInteger(place) && place >= 0 && place < this.length));
    if (wrong !== undefined || places.length === 0) {
      throw new FlowDataError('ImageSet.take', {
        expected: `images from 0 to ${this.length - 1}`,
        got: wrong === undefined ? 'none' : `image ${wrong}`,
      });
    }
    const width = sizeOf(this.eventShape);
    const images = new Uint8Array(places.length * width);
    places.forEach((place, i) => images.set(this.images.subarray(place * width, (place + 1) * width), i * width));
    const labels = this.labels && Uint8Array.from(places, (place) => this.labels![place]);
    return new ImageSet({ images, labels, shape: [places.length, ...this.eventShape] });
  }

  /**
   * The images with one of these labels.
   *
   * @throws FlowDataError when there are no labels, or none of these.
   */
  ofClass(...classes: readonly number[]): ImageSet {
    const { labels } = this;
    const places = [...(labels ?? []).keys()].filter((i) => classes.includes(labels![i]));
    if (places.length > 0) return this.take(places);
    throw new FlowDataError('ImageSet.ofClass', {
      expected: `images with label ${classes.join(' or ')}`,
      got: labels ? 'none' : 'a set without labels',
    });
  }

  /**
   * Shuffles the images and shares them out, as `splitRows` does.
   *
   * @throws FlowConfigError when the fractions are not shares of a whole, FlowDataError when a part would be empty.
   */
  split<Part extends string>(options: SplitOptions<Part>): Record<Part, ImageSet> {
    const parts = splitRows([...Array(this.length).keys()], options);
    const sets = Object.entries<number[]>(parts).map(([part, places]) => [part, this.take(places)] as const);
    return Object.fromEntries(sets) as Record<Part, ImageSet>;
  }

  /**
   * Adds an edge of one value all around, as even as possible: digits of 28 × 28 as 32 × 32, which can be halved more often.
   *
   * @throws FlowConfigError for a size below that of the images.
   */
  pad(size: ImageSize, value = 0): ImageSet {
    const [, height, width] = this.shape;
    const [newHeight, newWidth] = checkSize('pad', size, (h, w) => h >= height && w >= width, `at least ${height} × ${width}`); // prettier-ignore
    const [top, left] = [Math.floor((newHeight - height) / 2), Math.floor((newWidth - width) / 2)];
    return this.#place(newHeight, newWidth, -top, -left, value);
  }

  /**
   * Cuts out the middle.
   *
   * @throws FlowConfigError for a size above that of the images.
   */
  crop(size: ImageSize): ImageSet {
    const [, height, width] = this.shape;
    const [newHeight, newWidth] = checkSize('crop', size, (h, w) => h <= height && w <= width, `at most ${height} × ${width}`); // prettier-ignore
    return this.#place(newHeight, newWidth, Math.floor((height - newHeight) / 2), Math.floor((width - newWidth) / 2));
  }

  /**
   * Makes the images smaller: each new pixel is the mean over the area that it covers, rounded.
   *
   * @throws FlowConfigError for a size above that of the images.
   */
  resize(size: ImageSize): ImageSet {
    const [n, height, width, channels] = this.shape;
    const [newHeight, newWidth] = checkSize('resize', size, (h, w) => h <= height && w <= width, `at most ${height} × ${width}`); // prettier-ignore
    const [down, across] = [shares(height, newHeight), shares(width, newWidth)];
    const images = new Uint8Array(n * newHeight * newWidth * channels);
    let to = 0;
    for (let i = 0; i < n; i++) {
      for (const rows of down) {
        for (const columns of across) {
          for (let channel = 0; channel < channels; channel++) {
            let sum = 0;
            for (const { at: y, share: high } of rows) {
              for (const { at: x, share: wide } of columns) {
                sum += high * wide * this.images[((i * height + y) * width + x) * channels + channel];
              }
            }
            images[to++] = Math.round(sum);
          }
        }
      }
    }
    return new ImageSet({ images, labels: this.labels, shape: [n, newHeight, newWidth, channels] });
  }

  /**
   * Keeps the highest bits of each pixel, `⌊v / 2^(8 − bits)⌋`: whole numbers from 0 to 2^bits − 1, as flows on "5-bit
   * images" take them.
   *
   * @throws FlowConfigError for bits that are not a whole number from 1 to 8.
   */
  withBits(bits: number): ImageSet {
    if (!Number.isInteger(bits) || bits < 1 || bits > 8) {
      throw new FlowConfigError('ImageSet.withBits', { expected: 'a whole number from 1 to 8', got: String(bits) });
    }
    return new ImageSet({ images: this.images.map((v) => v >> (8 - bits)), labels: this.labels, shape: this.shape });
  }

  /**
   * Labels as contexts of a conditional flow, `[n, classes]`, flat: 1 at the class of the image, else 0.
   *
   * @throws FlowDataError when there are no labels, or one that is not below `classes`.
   */
  oneHotLabels(classes: number): Float32Array {
    const { labels, length } = this;
    const wrong = labels ? labels.findIndex((label) => label >= classes) : 0;
    if (!labels || wrong >= 0) {
      throw new FlowDataError('ImageSet.oneHotLabels', {
        expected: `labels below ${classes}`,
        got: labels ? `${labels[wrong]} at image ${wrong}` : 'a set without labels',
      });
    }
    const codes = new Float32Array(length * classes);
    labels.forEach((label, i) => (codes[i * classes + label] = 1));
    return codes;
  }

  /** A window on every image, whose corner lies at (top, left) of the image, filled with `value` beyond the edges. */
  #place(newHeight: number, newWidth: number, top: number, left: number, value = 0): ImageSet {
    const [n, height, width, channels] = this.shape;
    const images = new Uint8Array(n * newHeight * newWidth * channels).fill(value);
    const [from, until] = [Math.max(0, left), Math.min(width, left + newWidth)];
    for (let i = 0; i < n; i++) {
      for (let y = Math.max(0, top); y < Math.min(height, top + newHeight); y++) {
        const line = (i * height + y) * width;
        const target = (i * newHeight + y - top) * newWidth + from - left;
        images.set(this.images.subarray((line + from) * channels, (line + until) * channels), target * channels);
      }
    }
    return new ImageSet({ images, labels: this.labels, shape: [n, newHeight, newWidth, channels] });
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function checkSize(
  method: string,
  size: ImageSize,
  fits: (height: number, width: number) => boolean,
  expected: string,
): readonly [number, number] {
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  const whole = [height, width].every((length) => Number.isInteger(length) && length > 0);
  if (whole && fits(height, width)) return [height, width];
  throw new FlowConfigError(`ImageSet.${method}`, { expected: `a size of ${expected}`, got: `${height} × ${width}` });
}

/** For each of `count` equal parts of a line of `length` pixels: which pixels it covers, with their shares of it. */
function shares(length: number, count: number): { readonly at: number; readonly share: number }[][] {
  const part = length / count;
  return Array.from({ length: count }, (_, i) => {
    const [start, end] = [i * part, (i + 1) * part];
    const pixels = Array.from({ length: Math.ceil(end - 1e-9) - Math.floor(start) }, (_, k) => Math.floor(start) + k);
    return pixels.map((at) => ({ at, share: (Math.min(end, at + 1) - Math.max(start, at)) / part }));
  });
}
