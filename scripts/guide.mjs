/**
 * Turns the code of the guide into programs, test/docs/*.generated.ts, one a page: its blocks of TypeScript, one after the
 * other, on the lines where they stand in the Markdown, so that a complaint of the compiler points to the page.
 *
 * A statement followed by `// → value` or `// ≈ value` is made to tell what it came to; test/docs compares.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { chdir } from 'node:process';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const TARGET = 'test/docs';
const LIBRARY = { 'tfjs-flows': '../../src/index.js' };
/** The service takes the library by its name, and a process may hold one copy of that. */
const SERVICE = { 'tfjs-flows-service': '../../service/src/index.js' };

chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));

const pages = ['README.md', ...readdirSync('docs').filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`)]; // prettier-ignore
const programs = new Map(
  pages.map((page) => [nameOf(page), programOf(page)]).filter(([, program]) => program !== null),
);
mkdirSync(TARGET, { recursive: true });
for (const file of readdirSync(TARGET)) {
  const name = /^(.*)\.generated\.ts$/.exec(file)?.[1];
  if (name !== undefined && !programs.has(name)) rmSync(join(TARGET, file));
}
for (const [name, program] of programs) {
  const file = join(TARGET, `${name}.generated.ts`);
  if (!existsSync(file) || readFileSync(file, 'utf8') !== program) writeFileSync(file, program);
}

function nameOf(page) {
  return basename(page, '.md').toLowerCase();
}

/** The program of a page, or null for a page without code. */
function programOf(page) {
  const lines = readFileSync(page, 'utf8').split('\n');
  let inside = false;
  let blocks = 0;
  const code = lines.map((line) => {
    if (line.startsWith('```')) {
      inside = !inside && line === '```ts';
      if (inside) blocks++;
      return '';
    }
    return inside ? line : '';
  });
  if (blocks === 0) return null;
  const { text, names } = instrument(code.join('\n'), page);
  // The first line of a page is its title, so there is room.
  const imports = `/* ${page} */ import { shows } from './shows.js';`;
  return `${imports}${text}\nexport { shows${names.map((name) => `, ${name}`).join('')} };\n`;
}

/** Wraps what is followed by an expectation, and names everything declared at the top, so that nothing counts as unused. */
function instrument(code, page) {
  const source = ts.createSourceFile(page, code, ts.ScriptTarget.Latest, true);
  const names = [];
  const edits = [];
  const paths = code.includes(`'tfjs-flows-service'`) ? SERVICE : LIBRARY;
  const found = new Set();
  for (const statement of source.statements) {
    names.push(...declaredBy(statement));
    if (ts.isImportDeclaration(statement)) {
      const path = paths[statement.moduleSpecifier.text];
      if (path)
        edits.push({
          from: statement.moduleSpecifier.getStart(),
          to: statement.moduleSpecifier.end,
          text: `'${path}'`,
        });
      continue;
    }
    const comment = /^[ \t]*\/\/ ([→≈]) (.+)/.exec(code.slice(statement.end));
    if (!comment) continue;
    const at = source.getLineAndCharacterOfPosition(statement.end).line;
    const value = valueOf(statement);
    if (!value)
      throw new Error(`${page}:${at + 1}: only an expression or a constant can be followed by "// ${comment[1]}".`);
    found.add(at);
    const call = `shows(${at + 1}, ${JSON.stringify(comment[1])}, ${JSON.stringify(comment[2].trim())}, `;
    if (typeof value === 'string') edits.push({ from: statement.end, to: statement.end, text: ` ${call}${value});` });
    else {
      edits.push({ from: value.getStart(), to: value.getStart(), text: call });
      edits.push({ from: value.end, to: value.end, text: ')' });
    }
  }
  code.split('\n').forEach((line, at) => {
    if (/\/\/ [→≈]/.test(line) && !found.has(at))
      throw new Error(`${page}:${at + 1}: no statement at the top level ends before this comment.`);
  });
  let text = code;
  for (const { from, to, text: by } of edits.toSorted((a, b) => b.from - a.from || b.to - a.to))
    text = text.slice(0, from) + by + text.slice(to);
  return { text, names };
}

/** What a statement comes to: an expression, or the name of the one constant that it declares. */
function valueOf(statement) {
  if (ts.isExpressionStatement(statement)) return statement.expression;
  if (!ts.isVariableStatement(statement)) return null;
  const { declarations } = statement.declarationList;
  return declarations.length === 1 && ts.isIdentifier(declarations[0].name) ? declarations[0].name.text : null;
}

function declaredBy(statement) {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.flatMap(({ name }) => boundBy(name));
  const named = ts.isClassDeclaration(statement) || ts.isFunctionDeclaration(statement);
  return named && !statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
    ? [statement.name.text]
    : [];
}

function boundBy(name) {
  return ts.isIdentifier(name)
    ? [name.text]
    : name.elements.filter(ts.isBindingElement).flatMap((element) => boundBy(element.name));
}
