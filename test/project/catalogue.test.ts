import { readFileSync } from 'node:fs';
import test from 'ava';
import { ready } from '../../src/index.js';
import { cataloguePage, PAGE } from '../../support/catalogue/page.js';

test('docs/catalogue.md says what the library and its doc comments say', async (t) => {
  await ready({ backend: 'wasm' });
  // What lacks a doc comment, or a line `@cost` in it, is named by the error.
  const page = cataloguePage();
  t.true(page === readFileSync(PAGE, 'utf8'), 'It is out of date: npm run docs:catalogue writes it anew.');
});
