import { RandomStream, type Seed } from '../../src/index.js';

/** Two moons with the number of the moon: half circles of radius 1, blurred by 0.1. */
export function moons(rows: number, seed: Seed): { x: number[][]; labels: number[] } {
  const stream = RandomStream.from(seed);
  const labels = Array.from({ length: rows }, () => stream.nextInteger(2));
  const x = labels.map((label) => {
    const t = Math.PI * stream.next();
    const [u, v] = label === 1 ? [1 - Math.cos(t), 0.5 - Math.sin(t)] : [Math.cos(t), Math.sin(t)];
    return [u + 0.1 * stream.nextNormal(), v + 0.1 * stream.nextNormal()];
  });
  return { x, labels };
}
