import type { Observable } from './target.js';

/** All values of an observable, and the draw that each is of. */
export function observe(
  observable: Observable,
  positions: Float32Array,
  draws: number,
): { values: number[]; owner: number[] } {
  const size = positions.length / draws;
  const values: number[] = [];
  const owner: number[] = [];
  for (let i = 0; i < draws; i++) {
    for (const value of observable.of(positions.subarray(i * size, (i + 1) * size))) {
      values.push(value);
      owner.push(i);
    }
  }
  return { values, owner };
}
