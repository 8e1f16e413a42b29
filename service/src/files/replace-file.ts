import { randomUUID } from 'node:crypto';
import { open, rename } from 'node:fs/promises';

/** Writes beside the file, to the disk, and puts it in its place: a crash leaves the old file or the new one, whole. Its mode is that of any new file, or the one given. */
export async function replaceFile(path: string, text: string, mode?: number): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  const handle = await open(temporary, 'w', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
}
