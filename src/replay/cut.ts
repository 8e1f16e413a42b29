import type { Computation, Operand, TracedKernel } from './trace.js';

/** A computation in two halves. */
export interface Halves {
  /** Gives the first outputs, then what the second half needs of it. */
  readonly first: Computation;
  /** Gives the other outputs. */
  readonly second: Computation;
  /** What is handed over from the first half to the second. */
  readonly between: readonly Operand[];
}

/**
 * Cuts a computation in two: all that the first `count` outputs depend on, and the rest. Every kernel runs once, and the
 * numbers are those of the whole.
 */
export function cut(whole: Computation, count: number): Halves {
  const { outputs, constants } = whole;
  const [early, late] = [outputs.slice(0, count), outputs.slice(count)];
  const before = withoutDead({ kernels: whole.kernels, outputs: early });
  const after = withoutDead({ kernels: whole.kernels, outputs: late }).filter((kernel) => !before.includes(kernel));
  const needed = new Set([...after.flatMap(({ inputs }) => Object.values(inputs)), ...late].map(({ data }) => data));
  const between = before.flatMap((kernel) => kernel.outputs.filter(({ data }) => needed.has(data)));
  return {
    first: { kernels: before, outputs: [...early, ...between], constants },
    second: { kernels: after, outputs: late, constants },
    between,
  };
}

/** The kernels that the outputs depend on. */
export function withoutDead({ kernels, outputs }: Pick<Computation, 'kernels' | 'outputs'>): TracedKernel[] {
  const needed = new Set(outputs.map(({ data }) => data));
  const alive = kernels.toReversed().filter((kernel) => {
    if (!kernel.outputs.some(({ data }) => needed.has(data))) return false;
    for (const { data } of Object.values(kernel.inputs)) needed.add(data);
    return true;
  });
  return alive.toReversed();
}
