import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { build } from 'esbuild';
import { publint } from 'publint';

/** A project that depends on the packed library: does it find everything it needs, and nothing else? */

const exec = promisify(execFile);
const root = process.cwd();
const installed = (name: string) => join(root, 'node_modules', name);

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

let project: string;
let library: string;
let tarball: string;

test.before('pack the library and install it', async () => {
  project = await mkdtemp(join(tmpdir(), 'tfjs-flows-consumer-'));
  // Packed as it was built for this run of the tests; `npm publish` builds it anew.
  await exec('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', project], {
    shell: process.platform === 'win32',
  });
  const [archive] = (await readdir(project)).filter((file) => file.endsWith('.tgz'));
  tarball = join(project, archive);
  library = join(project, 'node_modules', 'tfjs-flows');
  await mkdir(library, { recursive: true });
  await exec('tar', ['-xzf', tarball, '-C', library, '--strip-components=1']);

  const { dependencies, peerDependencies } = JSON.parse(
    await readFile(join(library, 'package.json'), 'utf8'),
  ) as Manifest;
  for (const name of [...Object.keys(dependencies), ...Object.keys(peerDependencies), '@types/node', '@types/long']) {
    if (!existsSync(installed(name))) continue;
    const link = join(project, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(installed(name), link, 'junction');
  }
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'consumer', type: 'module', private: true }));
  await copyFile(join('test', 'consumer', 'sample.ts'), join(project, 'sample.ts'));
});

test.after.always('remove the project', () => rm(project, { recursive: true, force: true }));

/**
 * Compiles the sample as a strict project that checks the library's declarations too; returns the program.
 *
 * Complaints about other packages are left out: the WebGPU declarations that TF.js brings along clash with those of
 * TypeScript's own DOM library.
 */
async function compile(module: string, moduleResolution: string): Promise<string> {
  const outDir = join(project, moduleResolution);
  const config = join(project, `tsconfig.${moduleResolution}.json`);
  const compilerOptions = {
    target: 'es2022',
    module,
    moduleResolution,
    strict: true,
    skipLibCheck: false,
    types: ['node', 'long'], // TF.js names the global type Long without asking for it.
    outDir,
  };
  await writeFile(config, JSON.stringify({ compilerOptions, files: ['sample.ts'] }));
  const run = exec(process.execPath, [installed('typescript/bin/tsc'), '-p', config], { cwd: project });
  const output = await run.then(
    ({ stdout }) => stdout,
    ({ stdout }: { stdout: string }) => stdout,
  );
  const complaints = output.split('\n').filter((line) => /^(sample\.ts|node_modules\/tfjs-flows\/|error)/.test(line));
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  return join(outDir, 'sample.js');
}

test.serial('the tarball holds what the library needs and nothing else', async (t) => {
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
  const pages = ['CHANGELOG.md', 'LICENSE', 'README.md'].filter((file) => existsSync(file));
  t.deepEqual(paths.sort(), [...compiled, ...pages, 'package.json'].sort());
});

test.serial('a strict project under nodenext compiles against it and runs in Node', async (t) => {
  const program = await compile('nodenext', 'nodenext');
  const { stdout, stderr } = await exec(process.execPath, [program], { cwd: project });
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

test.serial('a strict project for a bundler compiles against it and bundles for a browser', async (t) => {
  const entry = await compile('esnext', 'bundler');
  const { errors, warnings, metafile } = await build({
    entryPoints: [entry],
    absWorkingDir: project,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    outdir: 'bundle',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  t.deepEqual([...errors, ...warnings], []);
  const imported = Object.values(metafile.inputs).flatMap((input) => input.imports);
  const foreign = imported.filter(({ path }) => path.startsWith('node:') || builtinModules.includes(path));
  t.deepEqual(foreign, []);
});

test.serial('publint finds nothing to say', async (t) => {
  const { messages } = await publint({ pkgDir: library, pack: false, strict: true });
  t.deepEqual(messages, []);
});

test.serial('its types resolve wherever ES modules do', async (t) => {
  const attw = installed('@arethetypeswrong/cli/dist/index.js');
  const options = ['--profile', 'esm-only', '--format', 'ascii', '--no-emoji', '--no-color', '--no-definitely-typed'];
  const run = exec(process.execPath, [attw, resolve(tarball), ...options]);
  const { stdout } = await run.catch(({ stdout }: { stdout: string }) => {
    throw new Error(stdout);
  });
  t.regex(stdout, /node16 \(from ESM\): OK \(ESM\)\s+bundler: OK/);
});
