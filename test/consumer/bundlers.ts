import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build as esbuild } from 'esbuild';
import { build as vite } from 'vite';
import webpack from 'webpack';

/** What a bundler made of a program for browsers: its files by path, `/page.js` first of all, and what it complained of. */
export interface Bundle {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly complaints: readonly string[];
}

/** Bundles a program of a project, with the settings that a bundler has by itself. */
export type Bundler = (folder: string, entry: string) => Promise<Bundle>;

export const BUNDLERS: Readonly<Record<string, Bundler>> = { esbuild: byEsbuild, Vite: byVite, webpack: byWebpack };

async function byEsbuild(folder: string, entry: string): Promise<Bundle> {
  const { errors, warnings, outputFiles } = await esbuild({
    entryPoints: { page: entry },
    absWorkingDir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    outdir: '/',
    write: false,
    logLevel: 'silent',
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [path, contents]));
  return { files, complaints: [...errors, ...warnings].map(({ text }) => text) };
}

async function byVite(folder: string, entry: string): Promise<Bundle> {
  const complaints: string[] = [];
  const outDir = join(folder, 'vite');
  const output = { entryFileNames: 'page.js', chunkFileNames: '[hash].js' };
  await vite({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    build: {
      outDir,
      modulePreload: false,
      chunkSizeWarningLimit: 10_000,
      rolldownOptions: { input: entry, output, onwarn: ({ message }) => complaints.push(message) },
    },
  });
  return { files: await filesBelow(outDir), complaints };
}

async function byWebpack(folder: string, entry: string): Promise<Bundle> {
  const path = join(folder, 'webpack');
  const compiler = webpack({
    // A build for production takes half a minute; what it leaves out is left out here too.
    mode: 'development',
    devtool: false,
    optimization: { sideEffects: true, usedExports: true },
    performance: false,
    context: folder,
    entry,
    output: { path, filename: 'page.js' },
  })!;
  const complaints = await new Promise<string[]>((resolve, reject) => {
    compiler.run((error, stats) => {
      const { errors = [], warnings = [] } = stats?.toJson({ all: false, errors: true, warnings: true }) ?? {};
      if (error) reject(error);
      else resolve([...errors, ...warnings].map(({ message }) => message));
    });
  });
  return { files: await filesBelow(path), complaints };
}

async function filesBelow(folder: string): Promise<Map<string, Uint8Array>> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = new Map<string, Uint8Array>();
  for (const { parentPath, name } of found.filter((entry) => entry.isFile())) {
    const path = join(parentPath, name);
    files.set(path.slice(folder.length).replaceAll('\\', '/'), await readFile(path));
  }
  return files;
}
