/** A process that publishes and deletes models without end, for a test that kills it. It tells what it has done, after it is done. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { ModelRegistry } from '../../src/index.js';

const [data, model] = process.argv.slice(2);
const registry = await ModelRegistry.open(data);
for (let i = 0; ; i++) {
  const source = join(data, `source-${process.pid}-${i}`);
  cpSync(model, source, { recursive: true });
  const { version } = await registry.publish('killed', source);
  process.stdout.write(`published ${version}\n`);
  if (i % 3 !== 2) continue;
  await registry.delete('killed', version - 1);
  process.stdout.write(`deleted ${version - 1}\n`);
}
