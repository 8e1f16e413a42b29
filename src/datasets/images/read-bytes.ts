import { inNode } from '../../backend.js';
import { FlowFileError } from '../../errors.js';

/**
 * Where a file of data is: a path (Node), a URL (`file:`, `http:`, `https:`; in a browser also one relative to the page),
 * what an `<input type="file">` gives, or its bytes.
 */
export type FileSource = string | URL | Blob | ArrayBuffer | Uint8Array;

/**
 * The bytes of a file, inflated if they are gzipped.
 *
 * @throws FlowFileError when there is no such file, it cannot be read or fetched, or it is damaged.
 */
export async function readBytes(source: FileSource, where: string): Promise<Uint8Array> {
  return inflate(await rawBytes(source, where), where);
}

/**
 * The content of a gzip archive, told by its first two bytes; other bytes as they are.
 *
 * @throws FlowFileError for an archive that is damaged or cut short.
 */
export async function inflate(bytes: Uint8Array, where: string): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (error) {
    const got = `one that cannot be inflated (${(error as Error).message})`;
    throw new FlowFileError(where, { expected: 'a whole gzip archive', got, hint: CUT, cause: error });
  }
}

const CUT = 'The file may be damaged, or its download was cut short.';

async function rawBytes(source: FileSource, where: string): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  if (typeof source !== 'string' && !(source instanceof URL)) {
    throw new FlowFileError(where, { expected: 'a path, a URL, a Blob or bytes', got: typeof source });
  }
  const text = String(source);
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1].toLowerCase();
  if (scheme === 'http' || scheme === 'https' || !inNode()) return download(text, where);
  return readFile(scheme === 'file' ? fileUrlToPath(text) : text, where);
}

async function download(url: string, where: string): Promise<Uint8Array> {
  try {
    const answer = await fetch(url);
    if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
    const got = `status ${answer.status} ${answer.statusText}`.trim();
    throw new FlowFileError(where, { expected: `a file at ${url}`, got });
  } catch (error) {
    if (error instanceof FlowFileError) throw error;
    const got = String((error as { cause?: unknown }).cause ?? error);
    const hint = 'Check the connection, and that the server allows requests from this origin.';
    throw new FlowFileError(where, { expected: `to fetch ${url}`, got, hint, cause: error });
  }
}

async function readFile(path: string, where: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await process.getBuiltinModule('node:fs').promises.readFile(path));
  } catch (error) {
    const got = (error as NodeJS.ErrnoException).code ?? String(error);
    const hint = 'Relative paths start from the current directory.';
    throw new FlowFileError(where, { expected: `to read ${path}`, got, hint, cause: error });
  }
}

function fileUrlToPath(url: string): string {
  return process.getBuiltinModule('node:url').fileURLToPath(url);
}
