import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readReference } from '../../support/documentation/reference.js';

test('everything public has a doc comment, can be imported, and links lead somewhere', async (t) => {
  const { complaints, project } = await readReference();
  t.deepEqual(complaints, []);
  const [module] = project.children!;
  t.true(module.children!.some(({ name }) => name === 'splineCouplingFlow'));
  const titles = project.documents!.map(({ name }) => name);
  for (const page of readdirSync('docs').filter((file) => file.endsWith('.md'))) {
    const [, title] = /^# (.+)$/m.exec(readFileSync(join('docs', page), 'utf8'))!;
    t.true(titles.includes(title), `${page} is not among the pages that are built.`);
  }
});
