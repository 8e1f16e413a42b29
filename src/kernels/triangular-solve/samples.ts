import type { FusedSample } from '../fused/op.js';
import { waves } from '../fused/waves.js';
import type { TriangularSolveAttributes } from './spec.js';

/** Numbers in the triangle that is not read must make no difference; the last matrix has a zero on its diagonal. */
export const triangularSolveSamples: readonly FusedSample<TriangularSolveAttributes>[] = [true, false]
  .flatMap((lower) => [true, false].map((adjoint) => ({ lower, adjoint })))
  .flatMap((flags) => [true, false].map((unitDiagonal) => ({ ...flags, unitDiagonal })))
  .flatMap((attributes) =>
    [1, 4].map((n) => {
      const [count, k] = [3, 2];
      const t = waves(count * n * n, 0.8).map((u, i) => u + (Math.floor(i / n) % n === i % n ? 2 : 0));
      t[(count - 1) * n * n] = 0;
      const inputs = [
        { shape: [count, n, n], values: t },
        { shape: [count, n, k], values: waves(count * n * k, 1, 0.4) },
      ];
      return { attributes, inputs };
    }),
  );
