import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import type { PageRun } from './run-pages.js';

/** The guide keeps what it promises: its programs run and come to what it says, its links lead somewhere. */

const PROGRAM = fileURLToPath(new URL('run-pages.js', import.meta.url));
const PAGES = ['README.md', ...readdirSync('docs').filter((file) => file.endsWith('.md')).map((file) => join('docs', file))]; // prettier-ignore
const PROGRAMS = readdirSync(join('test', 'docs')).flatMap((file) => /^(.*)\.generated\.ts$/.exec(file)?.[1] ?? []);

const folder = mkdtempSync(join(tmpdir(), 'tfjs-flows-guide-'));
const runs = new Map<string, PageRun>();

test.before('run the programs of all pages', async () => {
  // Those that use the service see the library as it is packed, and a process can hold one copy of it.
  const packed = PROGRAMS.filter((page) => readFileSync(join('test', 'docs', `${page}.generated.ts`), 'utf8').includes("from 'tfjs-flows'")); // prettier-ignore
  await run(PROGRAMS.filter((page) => !packed.includes(page)));
  await run(packed);
});

test.after.always('remove what they wrote', () => rmSync(folder, { recursive: true, force: true }));

async function run(pages: readonly string[]): Promise<void> {
  const child = fork(PROGRAM, pages, { cwd: folder, silent: true });
  let complaints = '';
  child.stderr!.on('data', (text: Buffer) => (complaints += text.toString()));
  child.on('message', (page: PageRun) => runs.set(page.page, page));
  const code = await new Promise((resolve) => child.on('exit', resolve));
  if (code !== 0) throw new Error(`The pages broke off after ${[...runs.keys()].join(', ')}:\n${complaints}`);
}

for (const page of PROGRAMS) {
  test(`${page}: its program runs and comes to what the page says`, (t) => {
    const { error, shown } = runs.get(page)!;
    t.is(error, null);
    const wrong = shown.filter(({ agrees }) => !agrees);
    t.deepEqual(wrong.map(({ line, expected, actual }) => `line ${line}: ${expected}, but came ${actual}`), []); // prettier-ignore
    t.true(shown.length > 0, 'It states no value.');
  });
}

test('links of the pages lead to files and headings', (t) => {
  const broken = PAGES.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)\s]*)\)/g)]
      .map(([, link]) => link)
      .filter((link) => !leads(page, link))
      .map((link) => `${page}: ${link}`),
  );
  t.deepEqual(broken, []);
});

test('pages name the command that makes their pictures', (t) => {
  const silent = PAGES.filter((page) => {
    const text = readFileSync(page, 'utf8');
    return /!\[.*?\]\(.*?\)/.test(text) && !text.includes('npm run docs:pictures');
  });
  t.deepEqual(silent, []);
});

function leads(page: string, link: string): boolean {
  const [path, heading] = link.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(file)) return false;
  if (heading === undefined || !file.endsWith('.md')) return true;
  return readFileSync(file, 'utf8').split('\n').some((line) => line.startsWith('#') && anchorOf(line) === heading); // prettier-ignore
}

/** As GitHub makes it. */
function anchorOf(heading: string): string {
  return heading
    .replace(/^#+ /, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
