import { FlowConfigError } from '../../errors.js';
import { RandomStream, type Seed } from '../../random.js';
import { formatShape } from '../../shapes.js';

/** How a coupling cuts tokens in halves: through each of them, or between them by their place in the grid. */
export type TokenCouplingKind = 'channels' | 'checkerboard' | 'verticalStripes' | 'horizontalStripes';

/** Rows and columns of a grid of tokens. */
export type TokenGrid = readonly [rows: number, columns: number];

/** Whether a token at a place of the grid belongs to the second half. */
const IN_SECOND_HALF: Record<Exclude<TokenCouplingKind, 'channels'>, (row: number, column: number) => boolean> = {
  checkerboard: (row, column) => (row + column) % 2 === 1,
  verticalStripes: (_, column) => column % 2 === 1,
  horizontalStripes: (row) => row % 2 === 1,
};

const KINDS = ['channels', ...Object.keys(IN_SECOND_HALF)];

/**
 * An order of the channels, or of the tokens, that puts the first half before the second. Channels are put in random order.
 *
 * @throws FlowConfigError for a kind that is not there, an odd number of channels, or a grid without equal halves.
 */
export function halvesFirst(kind: TokenCouplingKind, grid: TokenGrid, channels: number, seed: Seed): number[] {
  if (!KINDS.includes(kind)) {
    throw new FlowConfigError('TokenCoupling.kind', { expected: `one of ${KINDS.join(', ')}`, got: `'${String(kind)}'` }); // prettier-ignore
  }
  if (channels % 2 !== 0) {
    throw new FlowConfigError('TokenCoupling.channels', {
      expected: 'an even number, so that tokens can be cut in halves',
      got: String(channels),
      hint: 'Choose an even patch.',
    });
  }
  if (kind === 'channels') return [...RandomStream.from(seed).permutation(channels)];
  const [rows, columns] = grid;
  const tokens = Array.from({ length: rows * columns }, (_, i) => i);
  const isSecond = (i: number) => IN_SECOND_HALF[kind](Math.floor(i / columns), i % columns);
  const second = tokens.filter(isSecond);
  if (2 * second.length !== tokens.length) {
    throw new FlowConfigError('TokenCoupling.grid', {
      expected: `a grid that ${kind} cuts into equal halves`,
      got: formatShape(grid),
      hint: 'Choose a patch that gives an even number of rows and columns, or pad the images.',
    });
  }
  return [...tokens.filter((i) => !isSecond(i)), ...second];
}
