import { once } from 'node:events';
import { join } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { LIMIT_NAMES, type Limits } from '../http/limits.js';
import { startServer } from '../http/server.js';
import { ROLES, Tokens, type Role } from '../http/tokens.js';
import { RedisQueue } from '../jobs/redis-queue.js';
import { count, positive, print, whole } from './arguments.js';

interface ServeFlags {
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly inputs?: string;
  readonly threads: number;
  readonly scoringThreads: number;
  readonly open?: boolean;
  readonly redis?: string;
  readonly queue: string;
  readonly keepJobs: number;
  readonly quiet?: boolean;
  readonly limit: Partial<Limits>;
}

/** `serve`, and `token` for those who may ask. */
export function addServe(root: Command, signal: AbortSignal): void {
  root
    .command('serve')
    .description('Serve models over HTTP, with a page to fit them on; /docs describes all requests.')
    .requiredOption('--data <folder>', 'of models, jobs and tokens')
    .option('--host <host>', 'to listen on', '127.0.0.1')
    .option('--port <port>', 'to listen on; 0 takes one that is free', whole, 8000)
    .option('--inputs <folder>', 'of tables that requests may name')
    .option('--threads <count>', 'fits and other jobs at once', count, 1)
    .option('--scoring-threads <count>', 'threads that answer requests', count, 1)
    .option('--redis <url>', 'leave jobs to `tfjs-flows work` on machines that share the data folder')
    .option('--queue <name>', 'name of the queue on Redis', 'tfjs-flows')
    .option('--keep-jobs <days>', 'forget jobs that have ended after so long', positive, 30)
    .option('--open', 'let anybody in who reaches the host, without tokens')
    .option('--limit <name=number>', `${LIMIT_NAMES.join(', ')}; may be given several times`, limit, {})
    .option('--quiet', 'write no log')
    .action((flags: ServeFlags) => serve(flags, signal));

  const token = root.command('token').description('Tokens of a service: who may ask it for what.');
  const data = () => new Option('--data <folder>', 'of the service').makeOptionMandatory();
  token
    .command('add')
    .description('Make a token, and print it this once.')
    .addOption(data())
    .addOption(new Option('--role <role>', 'score and draw; fit too; delete too').choices(ROLES).default('score'))
    .option('--label <text>', 'whose it is', '')
    .action(async (flags: { data: string; role: Role; label: string }) => {
      print((await tokensOf(flags.data).create(flags.role, flags.label)).token);
    });
  token
    .command('list')
    .description('List tokens by their ids.')
    .addOption(data())
    .action(async (flags: { data: string }) => {
      for (const { id, role, label, createdAt } of (await tokensOf(flags.data).list()) ?? []) {
        print(`${id}  ${role.padEnd(5)}  ${new Date(createdAt).toISOString()}  ${label}`);
      }
    });
  token
    .command('revoke')
    .description('End a token at once.')
    .argument('<id>', 'as `token list` tells it')
    .addOption(data())
    .action(async (id: string, flags: { data: string }) => {
      if (await tokensOf(flags.data).revoke(id)) return;
      throw new Error(`There is no token ${JSON.stringify(id)}.`);
    });
}

async function serve(flags: ServeFlags, signal: AbortSignal): Promise<void> {
  const { redis, queue: name, threads, quiet, limit: limits, ...options } = flags;
  const server = await startServer({
    ...options,
    jobThreads: threads,
    limits,
    ...(redis !== undefined && { queue: new RedisQueue({ url: redis, name }) }),
    ...(!quiet && { log: process.stderr }),
  });
  print(`tfjs-flows serves ${server.url}; requests are described at ${server.url}/docs.`);
  const ended = AbortSignal.any([signal, terminated()]);
  if (!ended.aborted) await once(ended, 'abort');
  await server.close();
}

/** One more limit. */
function limit(text: string, before: Partial<Limits>): Partial<Limits> {
  const [name, value] = text.split('=');
  if (!LIMIT_NAMES.includes(name))
    throw new InvalidArgumentError(`It is one of ${LIMIT_NAMES.join(', ')}, and a number.`);
  return { ...before, [name]: positive(value ?? '') };
}

/** How process managers ask for an end. */
function terminated(): AbortSignal {
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  return stop.signal;
}

function tokensOf(data: string): Tokens {
  return new Tokens(join(data, 'tokens.json'));
}
