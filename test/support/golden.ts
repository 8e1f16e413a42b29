import { readFileSync } from 'node:fs';

/** Reference values computed in float64 by other libraries; `test/golden/README.md` says how. */
export function golden<Case>(family: string): { cases: Case[] } & Record<string, number> {
  return JSON.parse(readFileSync(`test/golden/${family}.json`, 'utf8'));
}
