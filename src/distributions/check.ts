import { FlowConfigError } from '../errors.js';
import { formatShape, sizeOf, type Shape } from '../shapes.js';

/** One number for all coordinates, or one a coordinate, in row-major order of the event. */
export type PerCoordinate = number | readonly number[];

/** @throws FlowConfigError unless `shape` lists positive integers. */
export function checkShape(where: string, shape: Shape): Shape {
  if (!isList(shape) || shape.some((length) => !Number.isInteger(length) || length < 1)) {
    throw new FlowConfigError(where, {
      expected: 'a shape: a list of positive integers',
      got: isList(shape) ? formatShape(shape) : String(shape),
    });
  }
  return shape as Shape;
}

/**
 * The event shape asked for, else one axis as long as the first list among `numbers`.
 *
 * @throws FlowConfigError when there is neither, or the shape is not one of positive integers.
 */
export function eventShapeOf(
  className: string,
  eventShape: Shape | undefined,
  numbers: Record<string, PerCoordinate | undefined>,
): Shape {
  const list = Object.values(numbers).find((value) => Array.isArray(value)) as readonly number[] | undefined;
  if (eventShape === undefined && list === undefined) {
    throw new FlowConfigError(className, {
      expected: `\`eventShape\`, or a list of numbers for ${Object.keys(numbers).join(' or ')}`,
      got: 'neither',
      hint: 'The number of coordinates is fixed when the object is built.',
    });
  }
  return checkShape(`${className}.eventShape`, eventShape ?? [list!.length]);
}

/**
 * One number a coordinate of an event.
 *
 * @throws FlowConfigError for a list of another length, or a number that is not finite (or not positive).
 */
export function perCoordinate(
  where: string,
  value: PerCoordinate,
  eventShape: Shape,
  kind: 'finite' | 'positive' = 'finite',
): number[] {
  const size = sizeOf(eventShape);
  const numbers = Array.isArray(value) ? [...(value as readonly number[])] : Array<number>(size).fill(value as number);
  const valid = (number: number) => Number.isFinite(number) && (kind === 'finite' || number > 0);
  const bad = numbers.findIndex((number) => !valid(number));
  if (numbers.length !== size || bad >= 0) {
    throw new FlowConfigError(where, {
      expected: `${size} ${kind} number${size === 1 ? '' : 's'}`,
      got: bad >= 0 ? `${numbers[bad]} at index ${bad}` : `${numbers.length}`,
      hint: 'Give one number for all coordinates, or one a coordinate.',
    });
  }
  return numbers;
}

/** @throws FlowConfigError unless `list` is an array with at least one member. */
export function checkNotEmpty(where: string, list: readonly unknown[]): void {
  if (!isList(list) || list.length === 0) {
    throw new FlowConfigError(where, {
      expected: 'a list of at least one distribution',
      got: isList(list) ? 'an empty list' : String(list),
    });
  }
}

/** Whether a value that callers of plain JavaScript may get wrong is a list at all. */
export function isList(value: unknown): boolean {
  return Array.isArray(value);
}
