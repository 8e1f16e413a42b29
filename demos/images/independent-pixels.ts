import type { ImageSet } from 'tfjs-flows';

/**
 * Bits a dimension of test images under the plainest of models: each pixel by itself, by how often it had which value in
 * training, each value counted once more than it was seen.
 */
export function independentPixelBits(train: ImageSet, test: ImageSet): number {
  const [height, width, channels] = train.eventShape;
  const size = height * width * channels;
  const counts = new Float64Array(size * 256).fill(1);
  train.images.forEach((value, i) => counts[(i % size) * 256 + value]++);
  const total = train.length + 256;
  let bits = 0;
  test.images.forEach((value, i) => (bits -= Math.log2(counts[(i % size) * 256 + value] / total)));
  return bits / test.images.length;
}
