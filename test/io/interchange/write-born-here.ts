import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportWeights, ready } from '../../../src/index.js';
import { BORN_HERE, bornHere } from './born-here.js';

/** Exports all flows of `born-here.ts` to a folder, for `test/golden/interchange/make.py` to load. */
const [folder] = process.argv.slice(2);
await ready({ backend: 'wasm' });
for (const [name, { library }] of Object.entries(BORN_HERE)) {
  const { map, weights } = await exportWeights(bornHere(name), library);
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(map));
  writeFileSync(join(folder, `${name}.safetensors`), weights);
}
