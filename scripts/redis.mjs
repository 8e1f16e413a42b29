/** Finds redis-server for the tests of queues, and installs it where it may. */
import { spawnSync } from 'node:child_process';
import { installWithApt } from './apt.mjs';

const HELP = `The tests of queues need redis-server, and none was found.
  Debian, Ubuntu:  sudo apt-get install redis-server
  Fedora:          sudo dnf install redis
  macOS:           brew install redis`;

/** The version line of redis-server, after installing Debian's where that is possible without asking. */
export function provideRedis() {
  const found = version() ?? (installWithApt('redis-server') ? version() : null);
  if (found) return found;
  throw new Error(HELP);
}

function version() {
  const { status, stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}
