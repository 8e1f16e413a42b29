/** Builds guide, catalogue and API reference as static pages from the sources and their doc comments. */
import { dirname, join } from 'node:path';
import { chdir } from 'node:process';
import { fileURLToPath } from 'node:url';
import { readReference, SITE, writeSite } from '../build/support/documentation/reference.js';

chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
const reference = await readReference();
await writeSite(reference);
for (const complaint of reference.complaints) console.error(complaint);
console.log(`${join(SITE, 'index.html')} is where to start.`);
if (reference.complaints.length > 0) process.exitCode = 1;
