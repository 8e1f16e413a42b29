import { inNode } from '../../backend.js';
import { FlowFileError } from '../../errors.js';
import { DownloadsStore } from './downloads-store.js';
import { FileStore } from './file-store.js';
import { HttpStore } from './http-store.js';
import { IndexedDBStore } from './indexeddb-store.js';
import { MemoryStore } from './memory-store.js';
import type { ModelStore } from './store.js';

/**
 * The place a URL names: `file://` (Node), `indexeddb://`, `downloads://` (browser), `https://`, `memory://`.
 *
 * @param where What error messages name as the caller.
 * @throws FlowFileError for a scheme that is unknown, or that does not work here.
 */
export function openStore(url: string, where: string): ModelStore {
  const [, scheme, rest] = /^([a-z]+):\/\/(.*)$/s.exec(url) ?? [];
  switch (scheme) {
    case 'file':
      if (!inNode()) throw unusable(url, where, 'A browser has no folders; use "indexeddb://name".');
      return new FileStore(named(url, pathOf(rest), where), where);
    case 'indexeddb':
      return new IndexedDBStore(named(url, rest, where), where);
    case 'memory':
      return new MemoryStore(named(url, rest, where), where);
    case 'downloads':
      return new DownloadsStore(rest, where);
    case 'http':
    case 'https':
      return new HttpStore(url, where);
    default:
      throw unusable(url, where, inNode() ? `For a folder write "file://${url}".` : undefined);
  }
}

function named(url: string, name: string, where: string): string {
  if (name === '') throw unusable(url, where, 'A name or path has to follow "://".');
  return name;
}

/** `file:///C:/models` on Windows is the path `C:/models`. */
function pathOf(rest: string): string {
  return /^\/[A-Za-z]:/.test(rest) && process.platform === 'win32' ? rest.slice(1) : rest;
}

function unusable(url: string, where: string, hint?: string): FlowFileError {
  const schemes = inNode() ? 'file, https or memory' : 'indexeddb, downloads, https or memory';
  return new FlowFileError(where, { expected: `a URL of scheme ${schemes}`, got: `"${url}"`, hint });
}
