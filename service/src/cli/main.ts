#!/usr/bin/env node
import { CommanderError } from 'commander';
import { program } from './program.js';

const INTERRUPTED = 130;

// `head` and the like close the pipe before the end.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const stop = new AbortController();
process.once('SIGINT', () => {
  stop.abort();
  process.exitCode = INTERRUPTED;
});

const root = program(stop.signal);
for (const command of [root, ...root.commands.flatMap((each) => [each, ...each.commands])]) command.exitOverride();
try {
  await root.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    const { debug } = root.opts<{ debug?: boolean }>();
    const text = error instanceof Error ? (debug ? error.stack : error.message) : String(error);
    process.stderr.write(`tfjs-flows: ${text}\n`);
    process.exitCode = 1;
  }
}
