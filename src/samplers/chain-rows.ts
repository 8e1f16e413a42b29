import { FlowDataError, FlowShapeError } from '../errors.js';
import type { StoredTensor } from '../io/safetensors.js';
import { formatShape, sameShape, sizeOf, type Shape } from '../shapes.js';
import type { Chains } from './chains.js';

/** Rows that an error lists. */
const LISTED = 10;

/** Chains at positions, each in so many copies, before they have energies. */
export function startChains(positions: ArrayLike<number>, size: number, copies: number): Chains {
  const x = new Float64Array(copies * positions.length);
  for (let copy = 0; copy < copies; copy++) x.set(positions, copy * positions.length);
  const count = x.length / size;
  return { count, size, x, energy: new Float64Array(count), carried: {} };
}

/** @throws FlowDataError naming the chains whose energy is not finite. */
export function checkStart(where: string, { count, energy }: Chains, copies: number): void {
  const rows = Array.from({ length: count / copies }, (_, row) => row).filter((row) => !Number.isFinite(energy[row]));
  if (rows.length === 0) return;
  const listed = rows.slice(0, LISTED);
  throw new FlowDataError(where, {
    expected: 'chains that start at finite energies',
    got: `${rows.length} that do not: ${listed.map((row) => `${energy[row]} at row ${row}`).join('; ')}`,
    rows: listed,
  });
}

/** Masses `1/s²`, which make steps as long as the length scales; ones without. */
export function massesOf(scale: readonly number[] | null, size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => (scale ? scale[i] ** -2 : 1));
}

/** Rounds to float32, as which chains are saved. */
export function roundChains({ x, energy, carried }: Chains): void {
  for (const values of [x, energy, ...Object.values(carried)]) values.set(Float32Array.from(values));
}

/** Chains as tensors to be saved. */
export function storeChains(
  { count, x, energy, carried }: Chains,
  eventShape: Shape,
): Readonly<Record<string, StoredTensor>> {
  const stored = (values: Float64Array, shape: Shape) => ({ shape, values: Float32Array.from(values) });
  const others = Object.entries(carried).map(([name, values]) => [
    name,
    stored(values, [count, values.length / count]),
  ]);
  return {
    x: stored(x, [count, ...eventShape]),
    energy: stored(energy, [count]),
    ...(Object.fromEntries(others) as Record<string, StoredTensor>),
  };
}

/** @throws FlowShapeError when what was saved has events of another shape. */
export function restoreChains(
  where: string,
  { x, energy, ...carried }: Readonly<Record<string, StoredTensor>>,
  eventShape: Shape,
): Chains {
  if (!x || !energy || !sameShape(x.shape.slice(1), eventShape)) {
    throw new FlowShapeError(where, {
      expected: `chains of events of shape ${formatShape(eventShape)}`,
      got: x ? formatShape(x.shape.slice(1)) : 'none',
    });
  }
  return {
    count: x.shape[0],
    size: sizeOf(eventShape),
    x: Float64Array.from(x.values),
    energy: Float64Array.from(energy.values),
    carried: Object.fromEntries(Object.entries(carried).map(([name, { values }]) => [name, Float64Array.from(values)])),
  };
}
