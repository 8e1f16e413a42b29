/** Writes the page of the catalogue from the compiled library and the doc comments of its sources. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ready } from '../build/src/index.js';
import { cataloguePage, PAGE } from '../build/support/catalogue/page.js';

await ready({ backend: 'wasm' });
mkdirSync(dirname(PAGE), { recursive: true });
writeFileSync(PAGE, cataloguePage());
