import { join } from 'node:path';
import type { Role } from '../../http/roles.js';
import { Tokens } from '../../http/tokens.js';
import { print } from '../arguments.js';

/** Flags of all of `token`. */
export interface TokenFlags {
  readonly data: string;
}

/** Flags of `token add`. */
export interface AddTokenFlags extends TokenFlags {
  readonly role: Role;
  readonly label: string;
}

/** Makes a token, and prints it. */
export async function addToken({ data, role, label }: AddTokenFlags): Promise<void> {
  print((await tokensOf(data).create(role, label)).token);
}

/** Prints what tokens there are. */
export async function listTokens({ data }: TokenFlags): Promise<void> {
  for (const { id, role, label, createdAt } of (await tokensOf(data).list()) ?? []) {
    print(`${id}  ${role.padEnd(5)}  ${new Date(createdAt).toISOString()}  ${label}`);
  }
}

/** Ends a token. */
export async function revokeToken(id: string, { data }: TokenFlags): Promise<void> {
  if (await tokensOf(data).revoke(id)) return;
  throw new Error(`There is no token ${JSON.stringify(id)}.`);
}

function tokensOf(data: string): Tokens {
  return new Tokens(join(data, 'tokens.json'));
}
