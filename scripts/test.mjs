/**
 * Runs all tests: finds or installs a browser and Redis, builds, runs AVA, and ends with a line `N passed, N failed`.
 * Arguments go to AVA: `npm test -- build/test/random.test.js --match '*seed*'`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { argv, chdir, env, execPath, exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import { provideChromium } from './chromium.mjs';
import { provideRedis } from './redis.mjs';

const COUNTS_FILE = 'build/test-counts.json';

chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
exit(main());

function main() {
  try {
    env.CHROMIUM_PATH = provideChromium();
    console.log(provideRedis());
  } catch (error) {
    console.error(error.message);
    return 1;
  }
  console.log(`Browser: ${env.CHROMIUM_PATH}`);
  if (spawnSync('npm run build:all --silent', { shell: true, stdio: 'inherit' }).status !== 0) return 1;

  rmSync(COUNTS_FILE, { force: true });
  const ava = [join('node_modules', 'ava', 'entrypoints', 'cli.mjs'), ...argv.slice(2)];
  const { status } = spawnSync(execPath, ava, { stdio: 'inherit', env: { ...env, TEST_COUNTS_FILE: COUNTS_FILE } });
  if (!existsSync(COUNTS_FILE)) {
    console.error('The test run ended early; no results were counted.');
    return status || 1;
  }
  const { passed, failed, skipped } = JSON.parse(readFileSync(COUNTS_FILE, 'utf8'));
  const failures = status !== 0 && passed + failed > 0 ? Math.max(failed, 1) : failed;
  console.log(`${passed} passed, ${failures} failed${skipped ? `, ${skipped} skipped` : ''}`);
  return failures > 0 || passed === 0 ? 1 : (status ?? 1);
}
