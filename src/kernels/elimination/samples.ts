import type { FusedSample } from '../fused/op.js';
import { waves } from '../fused/waves.js';

/** Well-conditioned matrices that need pivoting, singular ones, and one that is not finite. */
export const matrixSamples: readonly FusedSample<object>[] = [1, 2, 3, 8].map((n) => {
  const size = n * n;
  const values = [
    ...waves(size, 0.4, 0.2).map((u, i) => u + (Math.floor(i / n) === i % n ? 2 : 0)),
    ...waves(size, 0.4, 0.5).map((u, i) => u + (Math.floor(i / n) + (i % n) === n - 1 ? 2 : 0)),
    ...Array.from({ length: size }, () => 1).map((one, i) => (n === 1 ? 0 : one + (i % n))),
    ...waves(size).map((u, i) => (i === size - 1 ? NaN : u)),
  ];
  return { attributes: {}, inputs: [{ shape: [4, n, n], values }] };
});
