import test from 'ava';
import { readReference } from '../../support/documentation/reference.js';

test('everything public has a doc comment, can be imported, and links lead somewhere', async (t) => {
  const { complaints, project } = await readReference();
  t.deepEqual(complaints, []);
  const [module] = project.children!;
  t.true(module.children!.some(({ name }) => name === 'splineCouplingFlow'));
});
