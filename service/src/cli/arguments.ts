import { InvalidArgumentError } from 'commander';
import type { ColumnOverride } from '../columns/spec.js';

/** A positive number. */
export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('It is a positive number.');
  return value;
}

/** A number of things. */
export function count(text: string): number {
  const value = positive(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError('It is a positive whole number.');
  return value;
}

/** A whole number from 0. */
export function whole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It is a whole number.');
  return Number(text);
}

/** Names with commas between. */
export function list(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

/** Kinds of columns as JSON. */
export function columnKinds(text: string): Record<string, ColumnOverride> {
  try {
    return JSON.parse(text) as Record<string, ColumnOverride>;
  } catch {
    throw new InvalidArgumentError('It is no JSON.');
  }
}

/** A line on the standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
