/** Makes the pictures of the guide, docs/pictures: all of them, or those named. `npm run docs:pictures -- [NAME ...]` */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PICTURES } from './pictures.js';

const FOLDER = resolve('docs/pictures');

const named = process.argv.slice(2);
const unknown = named.filter((name) => !Object.hasOwn(PICTURES, name));
if (unknown.length > 0) {
  console.error(`There are ${Object.keys(PICTURES).join(', ')}. Got ${unknown.join(', ')}.`);
  process.exit(2);
}
mkdirSync(FOLDER, { recursive: true });
// Programs of pages write files of their own.
const elsewhere = mkdtempSync(join(tmpdir(), 'tfjs-flows-pictures-'));
process.chdir(elsewhere);
for (const name of named.length > 0 ? named : Object.keys(PICTURES)) {
  const file = join(FOLDER, `${name}.png`);
  writeFileSync(file, await PICTURES[name]());
  console.log(`Wrote ${file}.`);
}
rmSync(elsewhere, { recursive: true });
process.exit(0);
