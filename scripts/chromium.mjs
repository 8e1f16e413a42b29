/** Finds a Chromium or Chrome for the browser tests; `node scripts/chromium.mjs` installs one where it may. */
import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { argv, env, exit, platform } from 'node:process';
import { pathToFileURL } from 'node:url';
import { installWithApt } from './apt.mjs';

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
  if (installWithApt('chromium')) {
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

if (argv[1] && import.meta.url === pathToFileURL(argv[1]).href) {
  try {
    console.log(provideChromium());
  } catch (error) {
    console.error(error.message);
    exit(1);
  }
}
