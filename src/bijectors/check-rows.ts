import { FlowDataError } from '../errors.js';

/**
 * Checks rows of data from which a layer takes its numbers.
 *
 * @throws FlowDataError for fewer than two rows, rows of different lengths, and values that are not finite.
 */
export function checkRows(where: string, rows: readonly ArrayLike<number>[]): void {
  if (rows.length < 2) throw new FlowDataError(where, { expected: 'at least two rows', got: `${rows.length}` });
  const width = rows[0].length;
  const faulty = (test: (row: ArrayLike<number>) => boolean) =>
    rows.flatMap((row, i) => (test(row) ? [i] : [])).slice(0, 10);
  const ragged = faulty((row) => row.length !== width);
  if (ragged.length > 0) {
    const got = `${rows[ragged[0]].length} in row ${ragged[0]}`;
    throw new FlowDataError(where, { expected: `${width} values in every row`, got, rows: ragged });
  }
  const bad = faulty((row) => !Array.from(row).every(Number.isFinite));
  if (bad.length > 0) {
    const got = `others in row ${bad.join(', ')}`;
    throw new FlowDataError(where, { expected: 'finite numbers', got, rows: bad });
  }
}
