/** Evaluations of right-hand sides. */
export interface Evaluations {
  /** Along solutions. */
  readonly forward: number;
  /** On the way back: right-hand sides of adjoints, or vector-Jacobian products of stages. */
  readonly backward: number;
}

let forward = 0;
let backward = 0;

/** Counts since this program started; differences tell what a computation took. */
export function evaluationsSoFar(): Evaluations {
  return { forward, backward };
}

export function countEvaluations(direction: 'forward' | 'backward', count: number): void {
  if (direction === 'forward') forward += count;
  else backward += count;
}
