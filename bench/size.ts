import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { BenchResult } from './main.js';
import { formatTable } from './table.js';

/** What an application may import; TF.js, which it has anyway, is left out. */
const IMPORTS: Readonly<Record<string, string>> = {
  '`splineCouplingFlow`': `export { splineCouplingFlow } from 'tfjs-flows';`,
  '`splineCouplingFlow`, `ready`, `fit`': `export { splineCouplingFlow, ready, fit } from 'tfjs-flows';`,
  everything: `export * from 'tfjs-flows';`,
  'nothing by name': `import 'tfjs-flows';`,
};

interface Row {
  readonly imported: string;
  /** Bytes that a page loads at once, minified, and the same by gzip. */
  readonly bytes: number;
  readonly gzipped: number;
  /** Bytes by gzip that it loads when the wasm backend starts. */
  readonly later: number;
}

/** How large the library is for a page that imports some of it: minified by esbuild, without TF.js. */
export async function benchSize(): Promise<BenchResult> {
  const rows: Row[] = [];
  for (const [imported, contents] of Object.entries(IMPORTS)) rows.push(await measure(imported, contents));
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
  const table = formatTable([
    ['imported', 'minified', 'gzipped', 'with wasm, later'],
    ...rows.map(({ imported, bytes, gzipped, later }) => [imported, ...[bytes, gzipped, later].map(kilobytes)]),
  ]);
  return { json: rows, table };
}

async function measure(imported: string, contents: string): Promise<Row> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: process.cwd(), sourcefile: 'page.js' },
    alias: { 'tfjs-flows': './dist/index.js' },
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    external: ['@tensorflow/*'],
    outdir: '/',
    entryNames: 'page',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const sizes = new Map(outputFiles.map(({ path, contents }) => [path.slice(1), contents]));
  const { outputs } = metafile;
  const atOnce = reached(
    outputs,
    Object.keys(outputs).find((name) => name.endsWith('page.js'))!,
  );
  const textOf = (name: string) => sizes.get(name.replace(/^.*\//, ''))!;
  const parts = atOnce.map(textOf);
  const later = atOnce
    .flatMap((name) => outputs[name].imports)
    .filter(({ path, kind }) => kind === 'dynamic-import' && path in outputs)
    .map(({ path }) => textOf(path));
  const isSimd = (text: Uint8Array) => Buffer.from(text).includes('RELAXED_SIMD');
  return {
    imported,
    bytes: sum(parts.map(({ length }) => length)),
    gzipped: sum(parts.map((text) => gzipSync(text).length)),
    later: sum(later.filter(isSimd).map((text) => gzipSync(text).length)),
  };
}

type Outputs = Readonly<
  Record<string, { readonly imports: readonly { readonly path: string; readonly kind: string }[] }>
>;

/** Files that come with a first one: those that it imports by statements, and those of these. */
function reached(outputs: Outputs, first: string): string[] {
  const names = new Set<string>();
  const visit = (name: string): void => {
    if (names.has(name) || !(name in outputs)) return;
    names.add(name);
    for (const { path, kind } of outputs[name].imports) if (kind === 'import-statement') visit(path);
  };
  visit(first);
  return [...names];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
