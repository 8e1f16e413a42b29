import test from 'ava';
import { cleanRows, COLUMNS, readTable, splitByProtein } from '../../../demos/quickstart/table.js';

const all = readTable('demos/quickstart/data/protein.csv.gz');

test('the table is what its description says', (t) => {
  t.is(all.length, 45_730);
  t.true(all.every((row) => row.length === COLUMNS.length && row.every(Number.isFinite)));
});

test('clean rows are distinct, repeat no value often, and a protein is in one part only', (t) => {
  const rows = cleanRows(all);
  t.is(rows.length, 43_366);
  t.is(new Set(rows.map((row) => row.join())).size, rows.length);
  COLUMNS.forEach((name, column) => {
    const counts = new Map<number, number>();
    for (const row of rows) counts.set(row[column], (counts.get(row[column]) ?? 0) + 1);
    t.true(Math.max(...counts.values()) < 30, name);
  });

  const parts = Object.values(splitByProtein(rows));
  t.is(parts.reduce((sum, part) => sum + part.length, 0), rows.length); // prettier-ignore
  const proteins = parts.map((part) => new Set(part.map((row) => row.slice(0, 6).join())));
  for (const protein of proteins[2]) t.false(proteins[0].has(protein) || proteins[1].has(protein));
  t.true(Math.abs(parts[0].length - 0.8 * rows.length) < 20);
});
