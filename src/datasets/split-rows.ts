import { FlowConfigError, FlowDataError } from '../errors.js';
import { RandomStream, type Seed } from '../random.js';

/** Options of {@link splitRows}. */
export interface SplitOptions<Part extends string> {
  /** Share of the rows that each part gets; the shares sum to one. */
  readonly fractions: Readonly<Record<Part, number>>;
  /** Decides the order. */
  readonly seed: Seed;
  /**
   * One label a row: rows with the same label stay together. For data with several measurements of one thing, which
   * would otherwise sit on both sides of the split and flatter the score on the held-out side.
   */
  readonly groups?: ArrayLike<string | number>;
}

/**
 * Shuffles the rows and shares them out, such as into train, validation and test.
 *
 * Without groups the parts have their share of the rows to the nearest row; with groups, whole groups are dealt out
 * until a part has its share, so that sizes are off by less than one group.
 *
 * @example
 * const { train, test } = splitRows(rows, { fractions: { train: 0.9, test: 0.1 }, seed: 0 });
 *
 * @throws FlowConfigError when the fractions are not shares of a whole or labels are missing, FlowDataError when a
 * part would be empty.
 */
export function splitRows<Row, Part extends string>(
  rows: readonly Row[],
  { fractions, seed, groups }: SplitOptions<Part>,
): Record<Part, Row[]> {
  const parts = Object.keys(fractions) as Part[];
  checkFractions(parts.map((part) => fractions[part]));
  if (groups && groups.length !== rows.length) {
    throw new FlowConfigError('splitRows', {
      expected: `${rows.length} labels in \`groups\`, one a row`,
      got: String(groups.length),
    });
  }
  const bundles = groups ? gather(groups) : Array.from({ length: rows.length }, (_, i) => [i]);
  const order = RandomStream.from(seed).permutation(bundles.length);

  const split = {} as Record<Part, Row[]>;
  let next = 0;
  let dealt = 0;
  let due = 0;
  for (const part of parts) {
    due += fractions[part] * rows.length;
    const last = part === parts.at(-1);
    const taken: Row[] = [];
    while (next < order.length && (last || dealt < Math.round(due))) {
      const bundle = bundles[order[next++]];
      for (const row of bundle) taken.push(rows[row]);
      dealt += bundle.length;
    }
    if (taken.length === 0) {
      throw new FlowDataError('splitRows', {
        expected: 'enough rows for every part',
        got: `none left for "${part}" out of ${rows.length}`,
        hint: 'Give it a larger fraction or split more rows.',
      });
    }
    split[part] = taken;
  }
  return split;
}

/** Row numbers of each label, labels in order of first appearance. */
function gather(groups: ArrayLike<string | number>): number[][] {
  const members = new Map<string | number, number[]>();
  for (let row = 0; row < groups.length; row++) {
    const rows = members.get(groups[row]);
    if (rows) rows.push(row);
    else members.set(groups[row], [row]);
  }
  return [...members.values()];
}

function checkFractions(shares: readonly number[]): void {
  const sum = shares.reduce((total, share) => total + share, 0);
  if (shares.length === 0 || shares.some((share) => !(share > 0)) || Math.abs(sum - 1) > 1e-6) {
    throw new FlowConfigError('splitRows', {
      expected: 'fractions: positive shares that sum to 1',
      got: shares.join(', ') || 'none',
    });
  }
}
