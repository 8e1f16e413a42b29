import { ready } from '../../src/backend.js';
import type { Check } from './check.js';

/** The claims that do not hold on wasm, without the subject: what a suite finds wrong with a class that is spoilt. */
export async function brokenClaims(checks: readonly Check[]): Promise<string[]> {
  await ready({ backend: 'wasm' });
  const claims = [];
  for (const { name, run } of checks) {
    try {
      await run();
    } catch {
      claims.push(name.slice(name.indexOf(':') + 2));
    }
  }
  return claims;
}
