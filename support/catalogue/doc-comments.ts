import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** What the doc comment of an exported class or function says. */
export interface DocComment {
  /** The first paragraph, and the second where that goes on with the formula. */
  readonly summary: string;
  /** Where it comes from, or null. */
  readonly source: string | null;
  /** Its tags, such as `cost` and `domain`. */
  readonly tags: ReadonlyMap<string, string>;
  /** The type that a function returns, as it is written; null for a class. */
  readonly returns: string | null;
}

/** The text of comments is read here, not by the compiler, which takes its time over them. */
const PARSING: ts.CreateSourceFileOptions = {
  languageVersion: ts.ScriptTarget.Latest,
  jsDocParsingMode: ts.JSDocParsingMode.ParseNone,
};

/** Doc comments of the exported classes and functions below some folders, by name. */
export function docComments(folders: readonly string[]): Map<string, DocComment> {
  const comments = new Map<string, DocComment>();
  for (const file of folders.flatMap(sourcesBelow)) {
    const text = readFileSync(file, 'utf8');
    const textOf = ({ pos, end }: ts.TextRange) => text.slice(pos, end).trim();
    for (const statement of ts.createSourceFile(file, text, PARSING).statements) {
      if (!ts.isClassDeclaration(statement) && !ts.isFunctionDeclaration(statement)) continue;
      const isExported = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
      const before = ts.getLeadingCommentRanges(text, statement.getFullStart())?.at(-1);
      if (!isExported || !statement.name || !before) continue;
      const returns = ts.isFunctionDeclaration(statement) && statement.type ? textOf(statement.type) : null;
      comments.set(statement.name.text, { ...parse(text.slice(before.pos, before.end)), returns });
    }
  }
  return comments;
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));
}

function parse(comment: string): Omit<DocComment, 'returns'> {
  const text = comment
    .replace(/^\/\*\*|\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .replace(/\{@link (\w[\w.]*)\}/g, '`$1`');
  const [body, ...tagged] = text.split(/^@(?=[a-z])/m);
  const paragraphs = body.split(/\n\s*\n/).map(oneLine);
  const [first, second = ''] = paragraphs;
  const goesOn = /[,:]$/.test(first) || (!hasFormula(first) && hasFormula(second));
  const source = paragraphs.find((paragraph) => /^Sources?: /.test(paragraph));
  return {
    summary: paragraphs
      .slice(0, goesOn ? 2 : 1)
      .join('\n\n')
      .replace(/[,:]$/, '.'),
    source: source?.replace(/^Sources?: /, '') ?? null,
    tags: new Map(tagged.map((tag) => [/^\w+/.exec(tag)![0], oneLine(tag.replace(/^\w+/, ''))])),
  };
}

function hasFormula(paragraph: string): boolean {
  return /`[^`]*=[^`]*`/.test(paragraph);
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ');
}
