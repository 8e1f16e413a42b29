/** Finds a Chromium or Chrome for the browser tests; `node scripts/chromium.mjs` installs one where it may. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { argv, env, exit, getuid, platform } from 'node:process';
import { pathToFileURL } from 'node:url';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome', 'microsoft-edge'];

const MAC_APPS = [
  'Google Chrome.app/Contents/MacOS/Google Chrome',
  'Chromium.app/Contents/MacOS/Chromium',
  'Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];

const WINDOWS_PROGRAMS = [
  'Google/Chrome/Application/chrome.exe',
  'Chromium/Application/chrome.exe',
  'Microsoft/Edge/Application/msedge.exe',
];

const HELP = `The browser tests need Chromium or Chrome, and none was found.
  Debian:   sudo apt-get install chromium
  Ubuntu:   sudo snap install chromium
  Fedora:   sudo dnf install chromium
  macOS:    brew install --cask chromium
  Windows:  winget install Google.Chrome
If one is installed in an unusual place, set CHROMIUM_PATH to its executable.`;

/** Path of an installed browser: CHROMIUM_PATH, then PATH, then the usual places; null when there is none. */
export function findChromium() {
  if (env.CHROMIUM_PATH) {
    if (isExecutable(env.CHROMIUM_PATH)) return env.CHROMIUM_PATH;
    throw new Error(`CHROMIUM_PATH is "${env.CHROMIUM_PATH}", which is not an executable file.`);
  }
  return [...onPath(), ...inUsualPlaces()].find(isExecutable) ?? null;
}

/** Path of a browser, after installing Debian's where that is possible without asking. */
export function provideChromium() {
  const found = findChromium();
  if (found) return found;
  if (installWithApt()) {
    const installed = findChromium();
    if (installed) return installed;
  }
  throw new Error(HELP);
}

function onPath() {
  const suffix = platform === 'win32' ? '.exe' : '';
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name + suffix)));
}

function inUsualPlaces() {
  if (platform === 'darwin') {
    return ['/Applications', join(homedir(), 'Applications')].flatMap((at) => MAC_APPS.map((app) => join(at, app)));
  }
  if (platform === 'win32') {
    const roots = [env.ProgramFiles, env['ProgramFiles(x86)'], env.LocalAppData].filter(Boolean);
    return WINDOWS_PROGRAMS.flatMap((program) => roots.map((root) => join(root, program)));
  }
  return ['/snap/bin/chromium', '/opt/google/chrome/chrome', '/usr/lib/chromium/chromium'];
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Installs Debian's package as root or through a sudo that asks for no password; whether that succeeded. */
function installWithApt() {
  if (platform !== 'linux' || !succeeds('apt-get', ['--version'])) return false;
  const root = getuid() === 0;
  if (!root && !succeeds('sudo', ['-n', 'true'])) return false;
  console.log('No Chromium found; installing it with apt-get.');
  const apt = (...args) => {
    const command = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', ...args];
    if (!root) command.unshift('sudo', '-n');
    const { status, stdout, stderr } = spawnSync(command[0], command.slice(1), { encoding: 'utf8' });
    if (status !== 0) console.error(`${command.join(' ')} failed:\n${stdout ?? ''}${stderr ?? ''}`);
    return status === 0;
  };
  return apt('update') && apt('install', '-y', '--no-install-recommends', 'chromium');
}

function succeeds(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

if (argv[1] && import.meta.url === pathToFileURL(argv[1]).href) {
  try {
    console.log(provideChromium());
  } catch (error) {
    console.error(error.message);
    exit(1);
  }
}
