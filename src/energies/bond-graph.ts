import type { Pair } from './pairs.js';

/**
 * Pairs of atoms by the number of bonds between them, each with its lower number first and in order.
 *
 * @param atoms number of atoms
 * @param bonds pairs that are bonded
 */
export function pairsByBonds(
  atoms: number,
  bonds: readonly Pair[],
): { readonly near: Pair[]; readonly fourth: Pair[]; readonly far: Pair[] } {
  // prettier-ignore
  const neighbours = Array.from({ length: atoms }, () => [] as number[]);
  for (const [i, j] of bonds) {
    neighbours[i].push(j);
    neighbours[j].push(i);
  }
  const sorted = { near: [] as Pair[], fourth: [] as Pair[], far: [] as Pair[] };
  for (let start = 0; start < atoms; start++) {
    const steps = new Map([[start, 0]]);
    let front = [start];
    for (let step = 1; step <= 3; step++) {
      front = front.flatMap((i) => neighbours[i]).filter((i) => !steps.has(i) && steps.set(i, step));
    }
    for (let other = start + 1; other < atoms; other++) {
      const step = steps.get(other) ?? Infinity;
      sorted[step < 3 ? 'near' : step === 3 ? 'fourth' : 'far'].push([start, other]);
    }
  }
  return sorted;
}
