import test from 'ava';
import { distributionChecks } from '../contract/distributions.js';
import { distributionClasses, untestedClasses } from '../contract/distributions/classes.js';
import { onEachBackend } from '../support/backends.js';

test('every concrete distribution brings samples', (t) => {
  t.deepEqual(untestedClasses, []);
  t.true(distributionClasses.length >= 9);
  t.deepEqual(
    distributionClasses.map(({ name }) => name),
    distributionClasses.map(({ className }) => className),
  );
});

for (const { name, run } of distributionChecks()) {
  onEachBackend(test, name, async (t) => {
    await t.notThrowsAsync(async () => run());
  });
}
