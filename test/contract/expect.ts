import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { FlowError } from '../../src/index.js';

/** One property of one instance, free of any test framework so that it also runs in a browser page. */
export interface Check {
  readonly name: string;
  /** Throws, or rejects, when the property does not hold. */
  run(): void | Promise<void>;
}

/** @throws Error with this message unless `holds`. */
export function expect(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}

/** @throws Error when two things differ as JSON. */
export function expectSame(actual: unknown, expected: unknown, message: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  expect(a === b, `${message}: ${a} instead of ${b}`);
}

/** @throws Error when a number differs by more than `tolerance`, relative to `max(1, |expected|)`. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  message: string,
): void {
  expect(actual.length === expected.length, `${message}: ${actual.length} numbers instead of ${expected.length}`);
  for (let i = 0; i < actual.length; i++) {
    const close = actual[i] === expected[i] || Math.abs(actual[i] - expected[i]) <= tolerance * Math.max(1, Math.abs(expected[i])); // prettier-ignore
    expect(close, `${message}: ${actual[i]} instead of ${expected[i]} at index ${i}`);
  }
}

/** @throws Error unless `call` throws this error, from `where`. */
export function expectRefusal(
  call: () => unknown,
  ErrorClass: abstract new (...args: never[]) => FlowError,
  where: string,
): void {
  let thrown: unknown = null;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  const fits = thrown instanceof ErrorClass && thrown.message.startsWith(`${where}: expected `);
  expect(fits, `${where} should have thrown ${ErrorClass.name}, not ${String(thrown)}`);
}

/** The numbers of a tensor that is computed for them alone. */
export async function numbersFrom(compute: () => Tensor): Promise<number[]> {
  const tensor = tf.tidy(compute);
  const numbers = Array.from(await tensor.data());
  tensor.dispose();
  return numbers;
}

/** The numbers of several tensors that are computed for them alone. */
export async function listsFrom(compute: () => Tensor[]): Promise<number[][]> {
  const tensors = tf.tidy(compute);
  const lists = await Promise.all(tensors.map(async (tensor) => Array.from(await tensor.data())));
  tf.dispose(tensors);
  return lists;
}
