/** One statement about one subject, that runs on whatever backend is active. */
export interface Check {
  /** What is examined, such as `Affine 0`: a class and the number of its sample. */
  readonly subject: string;
  /** Subject and claim, such as `Affine 0: log-determinants are those of the Jacobian`. */
  readonly name: string;
  /** Throws when the claim does not hold. */
  readonly run: () => void | Promise<void>;
}

/** Whether a subject is the first sample of its class. */
export function isFirstSample(subject: string): boolean {
  return subject.endsWith(' 0');
}

/** Throws with `message` unless `condition` holds. */
export function ensure(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new Error(typeof message === 'string' ? message : message());
}

/** Throws unless `|actual - expected| <= allowed` entry by entry; anything that is not a number fails. */
export function ensureClose(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  allowed: (expected: number, index: number) => number,
): void {
  ensure(actual.length === expected.length, `${what}: ${actual.length} numbers instead of ${expected.length}`);
  for (let i = 0; i < actual.length; i++) {
    const error = Math.abs(actual[i] - expected[i]);
    ensure(
      actual[i] === expected[i] || error <= allowed(expected[i], i),
      () => `${what}: entry ${i} is ${actual[i]}, expected ${expected[i]} within ${allowed(expected[i], i)}`,
    );
  }
}

/** Throws unless `body` throws an error of the given class. */
export function ensureThrows(what: string, type: new (...args: never[]) => Error, body: () => unknown): void {
  try {
    body();
  } catch (error) {
    ensure(error instanceof type, () => `${what}: expected ${type.name}, got ${String(error)}`);
    return;
  }
  ensure(false, `${what}: expected ${type.name}, got no error`);
}

/** Numbers as messages print them. */
export function listed(values: ArrayLike<number>): string {
  return `[${Array.from(values).join(', ')}]`;
}
