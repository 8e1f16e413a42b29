import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import katex from '@vscode/markdown-it-katex';
import { renderToString } from 'katex';
import {
  Application,
  Comment,
  CommentTag,
  Converter,
  type DocumentReflection,
  type DeclarationReflection,
  type ProjectReflection,
  JSX,
  LogLevel,
  type TypeDocOptions,
} from 'typedoc';
import { texOf } from './formulas.js';

/** Where the pages are built. */
export const SITE = 'build/site';

/** Pages of the guide, in the order in which they are read, and what a contributor reads. */
const PAGES = [
  ...[
    'quick-start',
    'choosing-a-flow',
    'tables',
    'serving',
    'conditional-flows',
    'variational-inference',
    'images',
    'manifolds',
  ],
  ...[
    'boltzmann-generators',
    'continuous-flows',
    'your-own-bijector',
    'performance',
    'numerics',
    'from-pytorch',
    'migrating-weights',
    'onnx',
  ],
  'catalogue',
].map((page) => `docs/${page}.md`);
const HOUSE = ['CONTRIBUTING.md', 'CHANGELOG.md', 'bench/README.md'];

/** The module that everything public belongs to, as the pages name it. */
const MODULE = 'API reference';

const OPTIONS: TypeDocOptions = {
  name: 'tfjs-flows',
  entryPoints: ['src/index.ts'],
  tsconfig: 'tsconfig.build.json',
  readme: 'README.md',
  projectDocuments: [...PAGES, ...HOUSE],
  // Pages do not link to sources, so that no remote has to be known.
  disableGit: true,
  sourceLinkTemplate: '{path}',
  sort: ['alphabetical'],
  sortEntryPoints: false,
  kindSortOrder: ['Function', 'Class', 'Interface', 'TypeAlias', 'Variable'],
  blockTags: ['@category', '@cost', '@domain', '@example', '@param', '@returns', '@throws'],
  excludePrivate: true,
  excludeExternals: true,
  skipErrorChecking: true, // The build checks types.
  validation: { notDocumented: true, notExported: true, invalidLink: true, unusedMergeModuleWith: true },
  logLevel: LogLevel.Warn,
  highlightLanguages: ['ts', 'js', 'sh', 'python', 'json', 'html', 'text'],
  customCss: 'support/documentation/theme.css',
  navigation: { includeCategories: true, includeGroups: false, includeFolders: false, excludeReferences: true },
  categorizeByGroup: false,
  categoryOrder: ['Flows: recipes', 'Flows', 'Training', '*'],
  searchInDocuments: true,
  headings: { readme: false, document: false },
  hideGenerator: true,
  markdownItLoader: (parser: MarkdownIt) => {
    parser.use(katex.default);
    const { rules } = parser.renderer;
    const { code_inline: span, code_block: block } = rules;
    rules.code_inline = (tokens, at, ...rest) => {
      const tex = texOf(tokens[at].content);
      return tex === null ? span(tokens, at, ...rest) : renderToString(tex);
    };
    // Doc comments indent the formulas that get lines of their own.
    rules.code_block = (tokens, at, ...rest) => {
      const lines = tokens[at].content.trim().split('\n').map(texOf);
      if (lines.includes(null)) return block(tokens, at, ...rest);
      return lines.map((tex) => renderToString(tex!, { displayMode: true })).join('');
    };
  },
};

/** As much of the parser of Markdown as is used here. */
interface MarkdownIt {
  readonly renderer: { readonly rules: Record<string, Rule> };
  use(plugin: unknown): unknown;
}

type Rule = (tokens: readonly { readonly content: string }[], at: number, ...rest: unknown[]) => string;

/** The API reference as data, and what a reader would miss in it. */
export interface Reference {
  readonly application: Application;
  readonly project: ProjectReflection;
  /** Public things without a doc comment, types that nobody can import, links that lead nowhere. */
  readonly complaints: readonly string[];
}

/** Reads everything public with its doc comments. */
export async function readReference(): Promise<Reference> {
  const application = await Application.bootstrap(OPTIONS);
  const complaints: string[] = [];
  application.logger.log = (message, level) => {
    if (level >= LogLevel.Warn) complaints.push(message);
  };
  application.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => nameByTitle(document));
  application.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => arrange(project), 1000);
  const project = await application.convert();
  if (!project) throw new Error(`The reference cannot be read:\n${complaints.join('\n')}`);
  application.validate(project);
  return { application, project, complaints };
}

/** Writes guide, catalogue and reference as static pages. */
export async function writeSite({ application, project }: Reference): Promise<void> {
  application.renderer.hooks.on('head.end', ({ relativeURL }) =>
    JSX.createElement('link', { rel: 'stylesheet', href: relativeURL('assets/katex/katex.min.css')! }),
  );
  await application.generateDocs(project, SITE);
  const source = dirname(createRequire(import.meta.url).resolve('katex/dist/katex.min.css'));
  const target = join(SITE, 'assets', 'katex');
  cpSync(join(source, 'katex.min.css'), join(target, 'katex.min.css'));
  cpSync(join(source, 'fonts'), join(target, 'fonts'), {
    recursive: true,
    filter: (file) => !/\.(ttf|woff)$/.test(file),
  });
}

/** A page is listed by its title, not by its file. */
function nameByTitle(document: DocumentReflection): void {
  const text = document.content.map(({ text }) => text).join('');
  document.name = /^# (.+)$/m.exec(text)?.[1] ?? document.name;
}

/** Names the module, and sorts what it holds by the folders of the sources. */
function arrange(project: ProjectReflection): void {
  for (const module of project.children ?? []) {
    module.name = MODULE;
    for (const child of module.children ?? []) {
      child.comment ??= new Comment();
      child.comment.blockTags.push(new CommentTag('@category', [{ kind: 'text', text: subjectOf(child) }]));
    }
  }
  for (const reflection of Object.values(project.reflections)) {
    if (reflection.isDeclaration() || reflection.isSignature()) reflection.sources = undefined;
  }
}

/** The folder of `src/` that something comes from, in words. */
function subjectOf({ sources }: DeclarationReflection): string {
  const [, folder = ''] = /.*\bsrc\/(?:(.+)\/)?[^/]+$/.exec(sources![0].fullFileName.replaceAll('\\', '/'))!;
  const words = folder === '' ? 'foundations' : folder.split('/').slice(0, 2).join(': ');
  return words[0].toUpperCase() + words.slice(1);
}
