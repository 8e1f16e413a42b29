/** What kind of values a column holds. */
export type ColumnKind = 'continuous' | 'positive' | 'bounded' | 'integer' | 'category';

/**
 * What a column holds. With a `step`, values were rounded to multiples of it, and stand for all of their cell.
 *
 * A `bounded` column lies in `[low, high]`; an `integer` may have bounds as well.
 */
export type ColumnSpec =
  | { readonly kind: 'continuous'; readonly step?: number }
  | { readonly kind: 'positive'; readonly step?: number }
  | { readonly kind: 'bounded'; readonly low: number; readonly high: number; readonly step?: number }
  | { readonly kind: 'integer'; readonly low?: number; readonly high?: number }
  | { readonly kind: 'category'; readonly levels: readonly string[] };

/** How a column is overridden: by all of its specification, by its kind, the rest being inferred, or left out. */
export type ColumnOverride = ColumnSpec | ColumnKind | 'ignore';
