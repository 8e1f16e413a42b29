/** Removes compiled files whose source is gone, so that a renamed test does not run twice nor a stale file ship. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const OUTPUTS = [
  { folder: 'dist', sources: 'src', cache: 'build/library.tsbuildinfo' },
  { folder: 'build/src', sources: 'src', cache: 'build/everything.tsbuildinfo' },
  { folder: 'build/test', sources: 'test', cache: 'build/everything.tsbuildinfo' },
  { folder: 'build/bench', sources: 'bench', cache: 'build/everything.tsbuildinfo' },
  { folder: 'build/support', sources: 'support', cache: 'build/everything.tsbuildinfo' },
  { folder: 'build/demos', sources: 'demos', cache: 'build/everything.tsbuildinfo' },
  { folder: 'build/service', sources: 'service', cache: 'build/everything.tsbuildinfo' },
];

for (const { folder, sources, cache } of OUTPUTS) {
  if (!existsSync(folder)) {
    // The compiler trusts its cache, and would not write again what somebody has deleted.
    if (existsSync(sources)) rmSync(cache, { force: true });
    continue;
  }
  for (const file of readdirSync(folder, { recursive: true })) {
    const source = /^(.*?)(\.d\.ts|\.js)(\.map)?$/.exec(file)?.[1];
    if (source && !existsSync(join(sources, `${source}.ts`))) rmSync(join(folder, file));
  }
}
