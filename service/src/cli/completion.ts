import { readdirSync } from 'node:fs';
import { argv } from 'node:process';
import completion from '@bomb.sh/tab/commander';
import type { Complete } from '@bomb.sh/tab';
import type { Command } from 'commander';

/** Arguments and options that are paths. */
const PATHS = new Set(['table', 'model', 'out', 'given', 'checkpoint', 'folder', 'data', 'inputs']);

/** `complete SHELL` prints what makes a shell complete commands, options, their choices, and paths. */
export function addCompletion(root: Command): void {
  for (const { arguments: given, options, value } of completion(root).commands.values()) {
    for (const argument of given.values()) if (PATHS.has(argument.name)) argument.handler = completePaths;
    for (const option of options.values()) {
      const isPath = PATHS.has(option.value) && !(option.value === 'model' && value === 'fit');
      if (isPath) option.handler = completePaths;
    }
  }
}

/** Files and folders that begin as the word does; of a single folder what is in it, too, so that no shell takes it for the end. */
function completePaths(complete: Complete): void {
  const found = pathsLike(argv.at(-1)!);
  const [only, ...others] = found;
  for (const path of others.length === 0 && only?.endsWith('/') ? [only, ...pathsLike(only)] : found)
    complete(path, '');
}

function pathsLike(word: string): string[] {
  const folder = word.slice(0, word.lastIndexOf('/') + 1);
  try {
    return readdirSync(folder || '.', { withFileTypes: true })
      .filter(({ name }) => (folder + name).startsWith(word) && (!name.startsWith('.') || word.length > folder.length))
      .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`);
  } catch {
    return [];
  }
}
