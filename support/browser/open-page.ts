import { createServer, type Server } from 'node:http';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import { collectProblems, launch } from './launch.js';
import { WASM_PATH } from './wasm-path.js';

/** Functions that a page's file exports; arguments and results are plain JSON. */
export type PageFunctions = Record<string, (...args: never[]) => unknown>;

/** Options of {@link openPage}. */
export interface PageOptions {
  /** Whether the page may share memory between threads, which makes the wasm backend use several. Default: true. */
  readonly isolated?: boolean;
}

/** A page in a headless browser that runs the functions of one file. */
export interface OpenPage<Functions extends PageFunctions> {
  /**
   * Runs a function of the page.
   *
   * Rejects when it throws, and when the page has reported errors or warnings in the meantime.
   */
  call<Name extends keyof Functions & string>(
    name: Name,
    ...args: Parameters<Functions[Name]>
  ): Promise<Awaited<ReturnType<Functions[Name]>>>;
  /** Loads the page anew; the browser's storage stays. */
  reload(): Promise<void>;
  /** Closes the browser. */
  close(): Promise<void>;
}

/**
 * Bundles a built file and opens it in a browser of its own. Close the page when done.
 *
 * @example
 * import type * as counting from './gpu-page.js';
 * const page = await openPage<typeof counting>(fileURLToPath(import.meta.resolve('./gpu-page.js')));
 */
export async function openPage<Functions extends PageFunctions>(
  file: string,
  options: PageOptions = {},
): Promise<OpenPage<Functions>> {
  return openBundle(await bundle(file), options);
}

/**
 * Opens what a bundler made: files by path, of which `/page.js` puts the page's functions into `globalThis.functions`.
 * Close the page when done.
 */
export async function openBundle<Functions extends PageFunctions>(
  files: ReadonlyMap<string, Uint8Array>,
  { isolated = true }: PageOptions = {},
): Promise<OpenPage<Functions>> {
  const server = await serve(files, isolated);
  const browser = await launch();
  const close = async () => {
    await browser.close();
    server.close();
  };
  const page = await browser.newPage();
  const problems = collectProblems(page);
  try {
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    failOn(problems);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    close,
    async reload() {
      await page.reload();
      failOn(problems);
    },
    async call(name, ...args) {
      const result: unknown = await page.evaluate(runInPage, { name, args });
      failOn(problems);
      return result as never;
    },
  };
}

/** Runs in the page: calls one of its functions. */
function runInPage({ name, args }: { name: string; args: unknown[] }): unknown {
  const { functions } = globalThis as unknown as { functions: Record<string, (...args: unknown[]) => unknown> };
  return functions[name](...args);
}

/** The page's files by name. Dynamic imports become files of their own, as an application's bundler makes them. */
async function bundle(file: string): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import * as functions from './${basename(file)}'; globalThis.functions = functions;`,
      resolveDir: dirname(file),
      sourcefile: 'page.js',
    },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    outdir: '/',
    entryNames: 'page',
    logLevel: 'silent',
  });
  return new Map(outputFiles.map(({ path, contents }) => [path.replace(/^.*[\\/]/, '/'), contents]));
}

async function serve(files: ReadonlyMap<string, Uint8Array>, isolated: boolean): Promise<Server> {
  const binaries = dirname(fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm')));
  const contentOf = async (path: string): Promise<Uint8Array | string | undefined> => {
    if (path === '/') return '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>';
    if (path === '/favicon.ico') return '';
    const binary = path.startsWith(WASM_PATH) && path.endsWith('.wasm') && basename(path);
    return binary ? readFile(join(binaries, binary)) : files.get(path);
  };
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    contentOf(path).then(
      (content) => {
        response.writeHead(content === undefined ? 404 : 200, {
          'Content-Type': contentTypeOf(path),
          ...(isolated && ISOLATION),
        });
        response.end(content);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** With these headers a page may use SharedArrayBuffer. */
const ISOLATION = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

function contentTypeOf(path: string): string {
  if (path.endsWith('.js')) return 'text/javascript';
  return path.endsWith('.wasm') ? 'application/wasm' : 'text/html';
}

function failOn(problems: string[]): void {
  if (problems.length > 0) throw new Error(`The page reported:\n${problems.splice(0).join('\n')}`);
}
