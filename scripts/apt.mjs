/** Installs what tests need beside npm's packages. */
import { spawnSync } from 'node:child_process';
import { getuid, platform } from 'node:process';

/** Installs a package of Debian as root or through a sudo that asks for no password; whether that succeeded. */
export function installWithApt(name) {
  if (platform !== 'linux' || !succeeds('apt-get', ['--version'])) return false;
  const root = getuid() === 0;
  if (!root && !succeeds('sudo', ['-n', 'true'])) return false;
  console.log(`No ${name} found; installing it with apt-get.`);
  const apt = (...args) => {
    const command = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', ...args];
    if (!root) command.unshift('sudo', '-n');
    const { status, stdout, stderr } = spawnSync(command[0], command.slice(1), { encoding: 'utf8' });
    if (status !== 0) console.error(`${command.join(' ')} failed:\n${stdout ?? ''}${stderr ?? ''}`);
    return status === 0;
  };
  return apt('update') && apt('install', '-y', '--no-install-recommends', name);
}

function succeeds(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
