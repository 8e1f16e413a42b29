/** A process that holds a queue of jobs of 20 small steps, for tests that kill it. */
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InProcessQueue } from '../../src/jobs/in-process-queue.js';

const [folder, count, mode] = process.argv.slice(2);

/** Writes its lines to a file of the checkpoint, and puts that in place at the end. */
const queue = await InProcessQueue.open({
  folder,
  concurrency: 2,
  attempts: 5,
  handlers: {
    count: async ({ id, checkpoint, progress, signal }) => {
      if (mode === 'die') process.kill(process.pid, 'SIGKILL');
      const file = join(checkpoint, 'lines');
      const out = join(folder, `${id}.out`);
      if (existsSync(out)) return 20;
      if (!existsSync(file)) writeFileSync(file, '');
      for (let step = readFileSync(file, 'utf8').split('\n').length - 1; step < 20; step++) {
        appendFileSync(file, `${step}\n`);
        progress((step + 1) / 20);
        await sleep(5, undefined, { signal });
      }
      renameSync(file, out);
      return 20;
    },
  },
});
for (let job = 0; job < Number(count); job++) await queue.submit('count', null, { id: `job-${job}` });
process.stdout.write('ready\n');
if (mode === 'finish') {
  for (const { id } of await queue.list()) for await (const status of queue.watch(id)) void status;
  process.stdout.write(`${JSON.stringify(await queue.list())}\n`);
  await queue.close();
} else await sleep(60_000);
