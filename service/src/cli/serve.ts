import { InvalidArgumentError, Option, type Command } from 'commander';
import { LIMIT_NAMES, type Limits } from '../http/limits.js';
import { ROLES } from '../http/roles.js';
import { count, positive, whole } from './arguments.js';
import type { ServeFlags } from './commands/serve.js';
import type { AddTokenFlags, TokenFlags } from './commands/token.js';

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
    .action(async (flags: ServeFlags) => (await import('./commands/serve.js')).serve(flags, signal));

  const token = root.command('token').description('Tokens of a service: who may ask it for what.');
  const data = () => new Option('--data <folder>', 'of the service').makeOptionMandatory();
  token
    .command('add')
    .description('Make a token, and print it this once.')
    .addOption(data())
    .addOption(new Option('--role <role>', 'score and draw; fit too; delete too').choices(ROLES).default('score'))
    .option('--label <text>', 'whose it is', '')
    .action(async (flags: AddTokenFlags) => (await import('./commands/token.js')).addToken(flags));
  token
    .command('list')
    .description('List tokens by their ids.')
    .addOption(data())
    .action(async (flags: TokenFlags) => (await import('./commands/token.js')).listTokens(flags));
  token
    .command('revoke')
    .description('End a token at once.')
    .argument('<id>', 'as `token list` tells it')
    .addOption(data())
    .action(async (id: string, flags: TokenFlags) => (await import('./commands/token.js')).revokeToken(id, flags));
}

/** One more limit. */
function limit(text: string, before: Partial<Limits>): Partial<Limits> {
  const [name, value] = text.split('=');
  if (!LIMIT_NAMES.includes(name))
    throw new InvalidArgumentError(`It is one of ${LIMIT_NAMES.join(', ')}, and a number.`);
  return { ...before, [name]: positive(value ?? '') };
}
