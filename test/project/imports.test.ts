import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, posix, sep } from 'node:path';
import test from 'ava';
import ts from 'typescript';

/** Folders of src/, each of which may import from those before it. */
const LAYERS = [
  'kernels',
  'linalg',
  'replay',
  'numerics',
  'datasets',
  'ode',
  'rotations',
  'elementwise',
  'conditioners',
  'spheres',
  'fields',
  'distributions',
  'energies',
  'dynamics',
  'bijectors',
  'flows',
  'training',
];

/** Folders that serve all layers: only the rule against cycles holds for their files. */
const SHARED = ['io'];

const sources = new Map(
  readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [file.replaceAll(sep, '/'), importsOf(file)]),
);

/** Everything a source file imports, types included. */
function importsOf(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join('src', file), 'utf8'));
  return importedFiles.map(({ fileName }) => fileName);
}

/** The files of src/ that a file of src/ imports. */
function neighboursOf(file: string): string[] {
  return (sources.get(file) ?? [])
    .filter((name) => name.startsWith('.'))
    .map((name) => posix.join(dirname(file), name).replace(/\.js$/, '.ts'));
}

function folderOf(file: string): string | null {
  return file.includes('/') ? file.split('/')[0] : null;
}

test('every folder of src has its layer', (t) => {
  const folders = new Set([...sources.keys()].map(folderOf).filter((folder) => folder !== null));
  t.deepEqual(
    [...folders].filter((folder) => !LAYERS.includes(folder) && !SHARED.includes(folder)),
    [],
    'List a new folder in LAYERS, after everything that it imports.',
  );
});

test('imports point one way, from the later layers to the earlier', (t) => {
  const layerOf = (file: string) => LAYERS.indexOf(folderOf(file) ?? '');
  const wrong = [...sources.keys()].flatMap((file) =>
    neighboursOf(file)
      .filter((neighbour) => layerOf(file) >= 0 && layerOf(neighbour) > layerOf(file))
      .map((neighbour) => `${file} imports ${neighbour}`),
  );
  t.deepEqual(wrong, []);
});

test('only the public surface imports an index that spans folders', (t) => {
  const wrong = [...sources.keys()].filter((file) => neighboursOf(file).includes('index.ts'));
  t.deepEqual(wrong, [], 'Import the file that defines a thing.');
});

test('no file imports itself by way of others', (t) => {
  const finished = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: string[]) => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    else if (!finished.has(file)) {
      for (const neighbour of neighboursOf(file)) visit(neighbour, [...path, file]);
      finished.add(file);
    }
  };
  for (const file of sources.keys()) visit(file, []);
  t.deepEqual(cycles, []);
});

test('nothing in src imports what a browser lacks', (t) => {
  const wrong = [...sources].flatMap(([file, names]) =>
    names
      .filter((name) => name.startsWith('node:') || builtinModules.includes(name))
      .map((name) => `${file} imports ${name}`),
  );
  t.deepEqual(wrong, [], 'Call process.getBuiltinModule() where it is used.');
});
