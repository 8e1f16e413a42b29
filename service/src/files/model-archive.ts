import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import tar from 'tar-stream';
import { FlowFileError } from 'tfjs-flows';

/** Files that a model has; nothing else is unpacked. */
const MEMBER = /^(estimator\.json|flow-[0-9a-f-]{1,64}\/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63})$/;
const MOST_MEMBERS = 64;

/** The folder of a model as a `.tar.gz`. */
export function packModel(folder: string): Readable {
  const archive = tar.pack();
  const zipped = createGzip();
  const write = async () => {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    for (const entry of entries.filter((each) => each.isFile())) {
      const path = join(entry.parentPath, entry.name);
      const { size } = await stat(path);
      const member = archive.entry({ name: relative(folder, path), size });
      await pipeline(createReadStream(path), member);
    }
    archive.finalize();
  };
  write().catch((error: unknown) => archive.destroy(error as Error));
  pipeline(archive, zipped).catch(() => undefined);
  return zipped;
}

/**
 * Unpacks what {@link packModel} made into a folder. Paths that lead elsewhere, links, and anything that a model does not have are refused.
 *
 * @param most bytes, unpacked, at most
 * @throws FlowFileError for an archive that is none or has other members or is too large.
 */
export async function unpackModel(archive: Readable, folder: string, most: number): Promise<void> {
  const refuse = (got: string, cause?: unknown) =>
    new FlowFileError('unpackModel', { expected: 'the .tar.gz of a model', got, cause });
  const extract = tar.extract();
  let [members, bytes] = [0, 0];
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(bytes > most ? refuse(`one of more than ${most} bytes`) : null, chunk);
    },
  });
  const read = async () => {
    for await (const entry of extract) {
      const { name, type } = entry.header;
      if (type === 'directory') {
        entry.resume();
        continue;
      }
      if (type !== 'file' || !MEMBER.test(name)) throw refuse(`a ${type ?? 'thing'} called ${JSON.stringify(name.slice(0, 80))} in it`); // prettier-ignore
      if (++members > MOST_MEMBERS) throw refuse(`one of more than ${MOST_MEMBERS} files`);
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await pipeline(entry, createWriteStream(path, { flags: 'wx' }));
    }
  };
  await mkdir(folder, { recursive: true });
  try {
    await Promise.all([pipeline(archive, createGunzip(), count, extract), read()]);
  } catch (error) {
    throw error instanceof FlowFileError ? error : refuse((error as Error).message, error);
  }
  if (members === 0) throw refuse('one without files');
}
