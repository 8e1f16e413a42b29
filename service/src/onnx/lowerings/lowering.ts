import type { GraphBuilder } from '../graph-builder.js';
import type { Attributes, Value } from '../symbolic.js';

/** What a kernel is to be written down from. */
export interface Call {
  readonly graph: GraphBuilder;
  readonly kernel: string;
  /** Inputs by the kernel's names for them. */
  readonly inputs: Readonly<Record<string, Value>>;
  /** Names in the graph of these, in their order. */
  readonly names: Readonly<Record<string, string>>;
  readonly attributes: Attributes;
  readonly outputs: readonly Value[];
}

/** Writes a kernel down; the names of its outputs. */
export type Lowering = (call: Call) => string[];

/** Lowerings by kernel. */
export type Lowerings = Readonly<Record<string, Lowering>>;

/** Names of inputs that are a list, in their order. */
export function listed({ names }: Call): string[] {
  return Object.entries(names).map(([, name]) => name);
}

/** Axes as whole numbers from 0; all, where none are named. */
export function axesOf(axes: unknown, rank: number): number[] {
  if (axes === null || axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const all = typeof axes === 'number' ? [axes] : (axes as number[]);
  return all.map((axis) => (axis < 0 ? axis + rank : axis));
}
