import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FlowConfigError, FlowFileError } from 'tfjs-flows';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { replaceFile } from '../files/replace-file.js';
import { ROLES, type Role } from './roles.js';

/** Mode of a file that nobody else may read. */
const OWNER_ALONE = 0o600;

const Entry = Type.Object({
  id: Type.String(),
  /** SHA-256 of the token, which has 256 random bits, so that nothing can be guessed from it. */
  hash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  role: Type.Enum([...ROLES]),
  label: Type.String(),
  createdAt: Type.Number(),
});
const Schema = Type.Object({ version: Type.Literal(1), tokens: Type.Array(Entry) });

/** What is kept of a token. */
export type TokenEntry = Static<typeof Entry>;

/**
 * Tokens in a file, hashed. A server reads the file again when it changes, so that tokens come and go while it runs. Without a file
 * there is no need of tokens; with an empty list nobody gets in.
 */
export class Tokens {
  readonly #path: string;
  #read: { readonly at: number; readonly entries: readonly TokenEntry[] } | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** A new token. It is told this once. */
  async create(role: Role, label = ''): Promise<{ readonly id: string; readonly token: string }> {
    if (!ROLES.includes(role)) throw new FlowConfigError('Tokens.create', { expected: ROLES.join(', '), got: String(role) }); // prettier-ignore
    const token = `tff_${randomBytes(32).toString('base64url')}`;
    const id = randomUUID().slice(0, 8);
    const entry = { id, hash: digest(token).toString('hex'), role, label, createdAt: Date.now() };
    await this.#write([...((await this.list()) ?? []), entry]);
    return { id, token };
  }

  /** Those that there are; null where tokens are not needed. */
  async list(): Promise<readonly TokenEntry[] | null> {
    const changed = await stat(this.#path).then(
      ({ mtimeMs }) => mtimeMs,
      () => null,
    );
    if (changed === null) return null;
    if (this.#read?.at !== changed) this.#read = { at: changed, entries: parsed(await readFile(this.#path, 'utf8'), this.#path) }; // prettier-ignore
    return this.#read.entries;
  }

  /** Ends a token; false where there is none of that id. */
  async revoke(id: string): Promise<boolean> {
    const entries = (await this.list()) ?? [];
    const kept = entries.filter((entry) => entry.id !== id);
    if (kept.length === entries.length) return false;
    await this.#write(kept);
    return true;
  }

  /** The entry of a token, null where it is none. The time that it takes does not tell how near it came. */
  async find(token: string): Promise<TokenEntry | null> {
    const given = digest(token);
    let found: TokenEntry | null = null;
    for (const entry of (await this.list()) ?? []) {
      if (timingSafeEqual(given, Buffer.from(entry.hash, 'hex'))) found = entry;
    }
    return found;
  }

  async #write(tokens: readonly TokenEntry[]): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    await replaceFile(this.#path, JSON.stringify({ version: 1, tokens }, null, 1), OWNER_ALONE);
    this.#read = null;
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function parsed(text: string, path: string): readonly TokenEntry[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (Value.Check(Schema, value)) return value.tokens;
  throw new FlowFileError('Tokens.list', { expected: 'a file of tokens', got: `${path}, which is none` });
}
