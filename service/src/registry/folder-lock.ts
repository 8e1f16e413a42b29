import { readFile, rm, writeFile } from 'node:fs/promises';
import { FlowFileError } from 'tfjs-flows';

/** Those that this process has. */
const held = new Set<string>();

/**
 * Takes a folder for this process: a file there has its number. One that a process left behind which is no more is taken over.
 *
 * @returns what lets go of the folder
 * @throws FlowFileError while another process on this machine has it.
 */
export async function lockFolder(path: string): Promise<() => Promise<void>> {
  if (held.has(path)) throw taken(path, process.pid);
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      held.add(path);
      return async () => {
        held.delete(path);
        await rm(path, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => ''));
    // Its own number is of a process before, as in a container that was started again.
    if (holder !== process.pid && isRunning(holder)) throw taken(path, holder);
    await rm(path, { force: true });
  }
  throw new FlowFileError('lockFolder', { expected: 'a folder to hold', got: `${path}, which others take again and again` });
} // prettier-ignore

function taken(path: string, holder: number): FlowFileError {
  return new FlowFileError('lockFolder', {
    expected: 'a folder that nobody holds',
    got: `${path} of process ${holder}`,
    hint: 'Stop that process, or take another folder.',
  });
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
