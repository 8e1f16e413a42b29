import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import test from 'ava';
import { publint } from 'publint';
import { openBundle } from '../../support/browser/open-page.js';
import { BUNDLERS } from './bundlers.js';
import { exec, installed, Project } from './project.js';

/** A project that depends on the packed library: does it find everything it needs, and nothing else? */

let project: Project;
let page: string;

test.before('pack the library and install it', async () => {
  project = await Project.create();
});

test.after.always('remove the project', () => project.remove());

test.serial('the tarball holds what the library needs and nothing else', async (t) => {
  const { library } = project;
  const files = await readdir(library, { recursive: true, withFileTypes: true });
  const paths = files
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(library.length + 1).replaceAll('\\', '/')); // prettier-ignore
  const sources = (await readdir('src', { recursive: true }))
    .map((file) => file.replaceAll('\\', '/'))
    // The sources of the SIMD module are compiled into one of the others.
    .filter((file) => file.endsWith('.ts') && !file.startsWith('kernels/wasm/assembly/'))
    .map((file) => file.replace(/\.ts$/, ''));
  const compiled = sources.flatMap((file) => ['js', 'js.map', 'd.ts'].map((ending) => `dist/${file}.${ending}`));
  const pages = ['CHANGELOG.md', 'LICENSE', 'README.md', 'THIRD_PARTY_NOTICES.md'];
  t.true(pages.every((file) => existsSync(file)));
  t.deepEqual(paths.sort(), [...compiled, ...pages, 'package.json'].sort());
});

test.serial('a strict project under node16 compiles against it and runs in Node', async (t) => {
  const program = await project.compile('sample', 'node16', 'node16');
  const { stdout, stderr } = await exec(process.execPath, [program], { cwd: project.folder });
  t.is(stderr, '');
  t.is(
    stdout,
    [
      'wasm: It is the fastest backend that needs no GPU and no native install.',
      '3 epochs, log-prob [5], draws [1000,2]',
      'loaded again, log-prob differs by 0',
      '',
    ].join('\n'),
  );
});

test.serial('a strict project for a bundler compiles against it', async (t) => {
  page = await project.compile('browser-sample', 'esnext', 'bundler');
  t.true(existsSync(page));
});

for (const [name, bundle] of Object.entries(BUNDLERS)) {
  test.serial(`bundled by ${name} it runs in a browser`, async (t) => {
    const { files, complaints } = await bundle(project.folder, page);
    t.deepEqual(complaints, []);
    const opened = await openBundle<{ run: () => string }>(files, { isolated: false });
    try {
      t.is(await opened.call('run'), 'wasm: 3 epochs, loaded again, log-prob differs by 0');
    } finally {
      await opened.close();
    }
  });
}

test.serial('publint finds nothing to say', async (t) => {
  const { messages } = await publint({ pkgDir: project.library, pack: false, strict: true });
  t.deepEqual(messages, []);
});

test.serial('its types resolve wherever ES modules do', async (t) => {
  const attw = installed('@arethetypeswrong/cli/dist/index.js');
  const options = ['--profile', 'esm-only', '--format', 'ascii', '--no-emoji', '--no-color', '--no-definitely-typed'];
  const run = exec(process.execPath, [attw, resolve(project.tarball), ...options]);
  const { stdout } = await run.catch(({ stdout }: { stdout: string }) => {
    throw new Error(stdout);
  });
  t.regex(stdout, /node16 \(from ESM\): OK \(ESM\)\s+bundler: OK/);
});
