import type { RandomStream } from '../../random.js';

/**
 * Vectors of reflections to start from, `count` times `dims` numbers: each is drawn and stands twice, so that an even number of
 * reflections is the identity and all of them can be trained.
 */
export function reflectionPairs(count: number, dims: number, stream: RandomStream): number[] {
  const drawn = Array.from({ length: Math.ceil(count / 2) }, (_, i) => [...stream.split(i).normal(dims)]);
  return Array.from({ length: count }, (_, i) => drawn[Math.floor(i / 2)]).flat();
}
