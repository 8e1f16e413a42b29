import { realpath, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { Problem } from './problem.js';

/**
 * The file that a caller names inside a folder: links are followed before it is decided whether it lies there, and characters that
 * stand for several files are refused. What is outside is told apart from what is not there by nothing.
 *
 * @throws Problem 400 for names that cannot be, 403 where no folder is allowed, 404 for what is not there.
 */
export async function allowedFile(folder: string | null, name: string): Promise<string> {
  if (folder === null) throw new Problem(403, 'No folder of tables is open to callers here; upload the table.');
  if (/[*?[\]{}\0]/.test(name)) throw new Problem(400, 'A path has no *, ?, [, ], { or }.');
  const gone = () => new Problem(404, `There is no table ${JSON.stringify(name.slice(0, 200))}.`);
  const root = await realpath(folder);
  const path = await realpath(resolve(root, name)).catch(() => null);
  if (path === null || !path.startsWith(root + sep)) throw gone();
  if (!(await stat(path)).isFile()) throw gone();
  return path;
}
