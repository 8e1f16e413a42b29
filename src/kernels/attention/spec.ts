import type { Shape } from '../../shapes.js';

/** What is fixed about attention, beside its shapes. */
export interface AttentionAttributes {
  /** Whether a query sees no position after its own. The queries stand at the last positions. */
  readonly causal: boolean;
}

/** Sizes that all implementations work with. */
export interface AttentionSizes {
  /** Batch times heads: products that know nothing of each other. */
  readonly count: number;
  readonly queries: number;
  /** Positions that have a key and a value. */
  readonly positions: number;
  /** Entries of one query, key or value. */
  readonly width: number;
}

/** From the shapes of queries, `[batch, heads, queries, width]`, and keys. */
export function attentionSizes(q: Shape, k: Shape): AttentionSizes {
  const [batch, heads, queries, width] = q;
  return { count: batch * heads, queries, positions: k[2], width };
}
