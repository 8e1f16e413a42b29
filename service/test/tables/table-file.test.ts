import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { FlowDataError } from 'tfjs-flows';
import { TableFile } from '../../src/tables/table-file.js';

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
