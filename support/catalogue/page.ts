import { docComments, type DocComment } from './doc-comments.js';
import {
  bijectorEntries,
  isExported,
  recipeEntries,
  scalarMapEntries,
  sphereMapEntries,
  type Entry,
} from './entries.js';
import { BACKENDS, fusedKernels } from './kernels.js';

/** Where the page is kept. */
export const PAGE = 'docs/catalogue.md';

/** Folders whose doc comments it is made of. */
const FOLDERS = ['src/bijectors', 'src/elementwise', 'src/flows', 'src/spheres'];

/** What a direction may cost: one of these words, and details in parentheses. */
const COST = /^(formula|one pass|passes|numeric|ODE|as its parts)( \(.+\))?$/;

/** Names of what a cost is stated for. */
type Directions = readonly [string, string];

const OF_MAPS: Directions = ['forward', 'inverse'];
const OF_FLOWS: Directions = ['density', 'sample'];

const INTRODUCTION = `# Catalogue

Every recipe, bijector and map of the library. \`npm run docs:catalogue\` writes this page from the library itself and from the doc
comments of its sources; do not edit it.

\`forward\` runs base → data and \`inverse\` data → base, so that densities take \`inverse\` and draws take \`forward\`. What they
cost:

- formula: closed, and the same work as the other way, or nearly;
- one pass: a formula with parameters from a network, which is evaluated once;
- passes: one after the other, each needs the result of the one before;
- numeric: a search, with exact implicit gradients; it has options for tolerance and number of steps, and a
  \`FlowNumericsError\` names residual and steps when these are too few;
- ODE: the solution of a differential equation.

What a recipe is made of is listed from base to data, for an instance of one layer with a context where it takes one; formulas are
with the parts. Fused kernels are those that run for small instances; the last table says which backends have them.
`;

/**
 * The page, in Markdown.
 *
 * @throws Error naming what has no doc comment, or none with a \`@cost\`.
 */
export function cataloguePage(): string {
  const comments = docComments(FOLDERS);
  const maps = [bijectorEntries(), scalarMapEntries(), sphereMapEntries()];
  const named = new Set(maps.flat().map(({ name }) => name));
  const section = (title: string, entries: readonly Entry[], directions: Directions) =>
    formatSection(title, entries.map((entry) => described(entry, comments, directions)), directions, named); // prettier-ignore
  const recipes = [...comments].filter(([name, { returns }]) => returns === 'Flow' && isExported(name));
  return [
    INTRODUCTION,
    section('Recipes', recipeEntries(recipes.map(([name]) => name)), OF_FLOWS),
    section('Bijectors', maps[0], OF_MAPS),
    section('Scalar maps of coupling and autoregressive layers', maps[1], OF_MAPS),
    section('Maps of spheres', maps[2], OF_MAPS),
    kernelTable(),
  ].join('\n');
}

interface Described extends Entry, DocComment {
  readonly costs: readonly string[];
}

function described(entry: Entry, comments: ReadonlyMap<string, DocComment>, directions: Directions): Described {
  const comment = comments.get(entry.name);
  if (!comment) throw new Error(`${entry.name} has no doc comment.`);
  const stated = /^(\w+): (.+); (\w+): (.+)$/.exec(comment.tags.get('cost') ?? '');
  const [, first, costOfFirst, second, costOfSecond] = stated ?? [];
  const costs = [costOfFirst, costOfSecond];
  if (first !== directions[0] || second !== directions[1] || !costs.every((cost) => COST.test(cost))) {
    throw new Error(
      `The doc comment of ${entry.name} needs a line such as "@cost ${directions[0]}: formula; ${directions[1]}: numeric"; ` +
        `a cost is formula, one pass, passes, numeric, ODE or as its parts, with details in parentheses.`,
    );
  }
  return { ...entry, ...comment, costs, domain: comment.tags.get('domain') ?? entry.domain };
}

function formatSection(
  title: string,
  entries: readonly Described[],
  directions: Directions,
  named: ReadonlySet<string>,
): string {
  const sorted = entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const hasContext = sorted.some(({ context }) => context !== null);
  const head = ['', 'domain', ...directions, ...(hasContext ? ['context'] : []), 'fused kernels'];
  const rows = sorted.map(({ name, domain, costs, context, kernels }) => {
    const isContainer = costs.every((cost) => cost === 'as its parts');
    const conditional = hasContext ? [context ? 'yes' : isContainer ? 'as its parts' : 'no'] : [];
    return [`[${name}](#${name.toLowerCase()})`, domain, ...costs, ...conditional, kernels.join(', ')];
  });
  const details = sorted.map(({ name, summary, source, parts }) => {
    const links = parts.map((part) => (named.has(part) ? `[${part}](#${part.toLowerCase()})` : `\`${part}\``));
    const made = links.length > 0 ? [`Made of ${links.join(', ')}.`] : [];
    return [`### ${name}`, summary, ...made, ...(source ? [`Source: ${source}`] : [])].join('\n\n');
  });
  return `## ${title}\n\n${formatTable([head, ...rows])}\n\n${details.join('\n\n')}\n`;
}

function kernelTable(): string {
  const rows = fusedKernels().map(({ name, backends }) => [
    name,
    ...BACKENDS.map((backend) => (backends.includes(backend) ? 'yes' : '')),
  ]);
  return `## Fused kernels\n\nWhere a backend has none of its own, operations of TF.js do the same.\n\n${formatTable([['', ...BACKENDS], ...rows])}\n`;
}

function formatTable([head, ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
