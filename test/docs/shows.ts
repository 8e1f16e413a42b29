import { Tensor } from '@tensorflow/tfjs-core';

/** A value that a page of the guide states, and what came. */
export interface Shown {
  /** Line of the page. */
  readonly line: number;
  readonly expected: string;
  readonly actual: string;
  readonly agrees: boolean;
}

/** All values of the page that runs. */
export const shown: Shown[] = [];

/** A number as pages write it. */
const NUMBER = /-?(?:\d[\d_]*)?\.?\d+(?:e[+-]?\d+)?|-?Infinity|NaN/g;

/** How far a value given with `≈` may be off, relatively. */
const ROUGHLY = 0.1;

/**
 * Keeps what a statement came to beside what the page says; returns it.
 *
 * Words have to be the same, but for white space and quotes. After `→` a number may differ by one in the last place that is
 * written, after `≈` by a tenth of itself: other processors round otherwise, and a training carries that on.
 */
export function shows<T>(line: number, sign: '→' | '≈', expected: string, value: T): T {
  const actual = write(value);
  shown.push({ line, expected, actual, agrees: agree(expected, actual, sign) });
  return value;
}

function write(value: unknown): string {
  const plain = value instanceof Tensor ? value.arraySync() : value;
  if (typeof plain === 'string') return plain;
  if (ArrayBuffer.isView(plain)) return JSON.stringify(Array.from(plain as Float32Array));
  return typeof plain === 'object' ? JSON.stringify(plain) : String(plain);
}

function agree(expected: string, actual: string, sign: '→' | '≈'): boolean {
  const [wanted, got] = [expected, actual].map((text) => text.match(NUMBER) ?? []);
  const words = (text: string) => text.replace(NUMBER, '#').replace(/[\s'"`]/g, '');
  if (words(expected) !== words(actual) || wanted.length !== got.length) return false;
  return wanted.every((number, i) => {
    const [a, b] = [number, got[i]].map((text) => Number(text.replaceAll('_', '')));
    return Object.is(a, b) || Math.abs(a - b) <= (sign === '≈' ? ROUGHLY * Math.abs(a) : lastPlace(number));
  });
}

/** One in the last place that is written: 0.01 of 3.14, 1e-7 of 1.2e-6; whole numbers are exact. */
function lastPlace(number: string): number {
  const [digits, exponent = '0'] = number.split('e');
  const decimals = digits.split('.')[1]?.length ?? 0;
  return decimals === 0 && exponent === '0' ? 0 : 1.000001 * 10 ** (Number(exponent) - decimals);
}
