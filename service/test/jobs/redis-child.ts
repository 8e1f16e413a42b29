/** A process that works for a queue on Redis, for tests that kill it. */
import { randomUUID } from 'node:crypto';
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RedisWorker } from '../../src/jobs/redis-worker.js';

const [url, folder] = process.argv.slice(2);
new RedisWorker({
  url,
  folder: join(folder, 'checkpoints'),
  stalledAfter: 1000,
  handlers: {
    split: async ({ input, fork, progress }) => {
      const pieces = Array.from({ length: input as number }, (_, i) => i);
      return fork('piece', pieces, (count) => progress(count / pieces.length));
    },
    piece: async ({ input, signal }) => {
      appendFileSync(join(folder, 'log'), `${Number(input)} ${process.pid}\n`);
      const temporary = join(folder, `.${randomUUID()}.tmp`);
      writeFileSync(temporary, 'half');
      await sleep(150, undefined, { signal });
      writeFileSync(temporary, `whole ${Number(input)}`);
      renameSync(temporary, join(folder, `piece-${Number(input)}`));
      return input;
    },
  },
});
process.stdout.write('ready\n');
