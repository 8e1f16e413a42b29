/**
 * Each distinct row once, where it first stood.
 *
 * Copies of a training row among the held-out ones reward a model that has merely learnt the row by heart: take them
 * out before {@link splitRows}.
 */
export function distinctRows<Row extends ArrayLike<number>>(rows: readonly Row[]): Row[] {
  const seen = new Set<string>();
  return rows.filter((row) => {
    const key = Array.from(row).join();
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
