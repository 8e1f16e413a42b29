import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { FlowDataError } from 'tfjs-flows';
import { TableFile, writeTable } from '../../src/tables/table-file.js';
import { tableOf } from '../../src/tables/table-of.js';

const folder = mkdtempSync(join(tmpdir(), "table file's "));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

async function read(text: string | Buffer, name = 'table.csv'): Promise<Record<string, unknown>> {
  const path = join(folder, name);
  writeFileSync(path, text);
  const file = await TableFile.open(path);
  try {
    const { columns } = await file.read();
    return Object.fromEntries(
      Object.entries(columns).map(([name, values]) => [name, Array.from(values as ArrayLike<unknown>)]),
    );
  } finally {
    await file.close();
  }
}

const GOOD: readonly (readonly [string, string, Record<string, unknown>])[] = [
  ['commas', 'a,b\n1,x\n2,y\n', { a: [1, 2], b: ['x', 'y'] }],
  ['semicolons, and Windows lines', 'a;b\r\n1;x\r\n2;y\r\n', { a: [1, 2], b: ['x', 'y'] }],
  ['tabs', 'a\tb\n1\tx\n', { a: [1], b: ['x'] }],
  ['no header', '1,2\n3,4\n', { column0: [1, 3], column1: [2, 4] }],
  ['quoted cells and names', `"it's","b,c"\n"x, ""y""",2\n`, { "it's": ['x, "y"'], 'b,c': [2] }],
  ['one column', 'a\n1\n2\n', { a: [1, 2] }],
  ['a comment before the header', '# from 2020\na,b\n1,2\n', { a: [1], b: [2] }],
  ['dates', 'a,b\n1970-01-02,1\n1970-01-03,2\n', { a: [86_400, 172_800], b: [1, 2] }],
  ['a late text among numbers', `a,b\n${'1,2\n'.repeat(30_000)}x,3\n`, { a: [...Array.from({ length: 30_000 }, () => '1'), 'x'], b: [...Array.from({ length: 30_000 }, () => 2), 3] }],
]; // prettier-ignore

for (const [title, text, columns] of GOOD) {
  test.serial(`CSV with ${title}`, async (t) => t.deepEqual(await read(text), columns));
}

test.serial('a packed CSV, with a comment', async (t) => {
  t.deepEqual(await read(gzipSync('# from 2020\na,b\n1,2\n'), 'table.csv.gz'), { a: [1], b: [2] });
});

for (const [title, text] of [
  ['too few cells', 'a,b,c\n1,2,3\n4,5\n6,7,8\n'],
  ['too many cells', 'a,b,c\n1,2,x\n1,2,3,4\n'],
  ['a line of another length late', `a,b,c\n${'1,2,x\n'.repeat(30_000)}1,2,3,4\n`],
]) {
  test.serial(`no row is lost or misread in silence: ${title}`, async (t) => {
    await t.throwsAsync(read(text), { instanceOf: FlowDataError, message: /^TableFile.open: expected lines of .*with one number of cells, got / }); // prettier-ignore
  });
}

/** `a` is the number of a row, and `b` its half. */
async function numbered(rows: number, name: string): Promise<TableFile> {
  const path = join(folder, name);
  writeFileSync(path, `a,b\n${Array.from({ length: rows }, (_, i) => `${i},${i / 2}\n`).join('')}`);
  return TableFile.open(path);
}

const ROWS = 60_000;

test.serial('columns made from many batches stand beside their own rows, and none is left out', async (t) => {
  const file = await numbered(ROWS, 'many.csv');
  const to = join(folder, 'many.parquet');
  const sizes: number[] = [];
  async function* sums(): AsyncGenerator<Float64Array[]> {
    for await (const { columns, rowCount } of file.batches()) {
      sizes.push(rowCount);
      const [a, b] = [columns.a, columns.b] as Float64Array[];
      yield [a.map((value, i) => value + b[i])];
    }
  }
  await file.writeWith(to, 'parquet', ['sum'], sums());
  await file.close();
  t.true(sizes.length > 2 && Math.max(...sizes) < ROWS / 2, `batches of ${sizes.join(', ')} rows`);
  const written = await TableFile.open(to);
  const { columns } = await written.read();
  await written.close();
  t.deepEqual(
    Array.from(columns.sum as Float64Array),
    Array.from({ length: ROWS }, (_, i) => 1.5 * i),
  );
  t.deepEqual(
    Array.from(columns.a as Float64Array),
    Array.from({ length: ROWS }, (_, i) => i),
  );
});

test.serial('two readers of one file do not disturb each other', async (t) => {
  const file = await numbered(ROWS, 'two.csv');
  const [whole, part] = [file.batches(), file.batches({ first: 1000, count: 40_000 })];
  const seen = { whole: 0, part: 0 };
  for (let going = true; going;) {
    const [a, b] = [await whole.next(), await part.next()];
    seen.whole += a.done ? 0 : a.value.rowCount;
    seen.part += b.done ? 0 : b.value.rowCount;
    going = !a.done || !b.done;
  }
  await file.close();
  t.deepEqual(seen, { whole: ROWS, part: 40_000 });
});

test.serial('columns of fewer rows than the file are refused, and nothing is written', async (t) => {
  const file = await numbered(100, 'short.csv');
  const to = join(folder, 'short.parquet');
  const few = (async function* () {
    yield [new Float64Array(99)];
  })();
  const error = { instanceOf: FlowDataError, message: /expected 100 rows beside those of the file, got 99\.$/ };
  await t.throwsAsync(file.writeWith(to, 'parquet', ['x'], few), error);
  const part = join(folder, 'part.parquet');
  await writeTable(tableOf({ x: Float64Array.from({ length: 99 }, (_, i) => i) }), part, 'parquet');
  await t.throwsAsync(file.joinWith(to, 'parquet', [part]), error);
  await file.close();
  t.false(existsSync(to));
});
