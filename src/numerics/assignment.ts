import { FlowDataError, FlowShapeError } from '../errors.js';

/** A cheapest perfect matching, and the proof that there is none cheaper. */
export interface Assignment {
  /** The column of each row. */
  readonly columns: Int32Array;
  /**
   * Dual variables: `cost[i, j] - rowDuals[i] - columnDuals[j] >= 0` for all pairs, and zero for those matched, up to
   * rounding. Their sum is the total cost.
   */
  readonly rowDuals: Float64Array;
  readonly columnDuals: Float64Array;
}

/**
 * Matches every row of a square matrix with a column of its own so that the sum of the costs is least.
 *
 * @param cost `n × n`, row by row
 * @returns the column of each row
 * @throws FlowShapeError when `cost` has another length than `n²`.
 * @throws FlowDataError for a cost that is not finite.
 */
export function assign(cost: Float64Array | Float32Array, n: number): Int32Array {
  return assignWithDuals(cost, n).columns;
}

/**
 * {@link assign}, with dual variables.
 *
 * By shortest augmenting paths in O(n³) and doubles: duals start from the minima of columns and rows, a first matching from
 * the pairs at these minima; each row left over is then matched along the path on which reduced costs add up to the least,
 * found as Dijkstra does (Jonker and Volgenant, "A shortest augmenting path algorithm for dense and sparse linear
 * assignment problems", 1987).
 */
export function assignWithDuals(cost: Float64Array | Float32Array, n: number): Assignment {
  const costs = checkCosts(cost, n);
  const rowDuals = new Float64Array(n);
  const columnDuals = new Float64Array(n);
  const columns = new Int32Array(n).fill(-1);
  const rows = new Int32Array(n).fill(-1);
  reduce(costs, n, rowDuals, columnDuals);
  matchTight(costs, n, { rowDuals, columnDuals, columns, rows });

  /** Length of the shortest path found to each column, the row it comes from, and the columns not yet reached for good. */
  const distance = new Float64Array(n);
  const before = new Int32Array(n);
  const open = new Int32Array(n);
  for (let start = 0; start < n; start++) {
    if (columns[start] >= 0) continue;
    distance.fill(Infinity);
    for (let j = 0; j < n; j++) open[j] = j;
    let left = n;
    let length = 0;
    let row = start;
    let end = -1;
    while (end < 0) {
      const offset = length - rowDuals[row];
      const begin = row * n;
      let least = Infinity;
      let at = -1;
      for (let k = 0; k < left; k++) {
        const j = open[k];
        const reached = offset + costs[begin + j] - columnDuals[j];
        if (reached < distance[j]) {
          distance[j] = reached;
          before[j] = row;
        }
        // Among equals, a column that is free ends the search.
        if (distance[j] < least || (distance[j] === least && rows[j] < 0)) {
          least = distance[j];
          at = k;
        }
      }
      const column = open[at];
      open[at] = open[--left];
      open[left] = column;
      length = least;
      if (rows[column] < 0) end = column;
      else row = rows[column];
    }
    // Behind `left` stand the columns that were reached: their pairs, and the path, become tight.
    rowDuals[start] += length;
    for (let k = left; k < n; k++) {
      const j = open[k];
      const change = length - distance[j];
      columnDuals[j] -= change;
      if (rows[j] >= 0) rowDuals[rows[j]] += change;
    }
    for (let column = end; column >= 0;) {
      const owner = before[column];
      const next = columns[owner];
      columns[owner] = column;
      rows[column] = owner;
      column = next;
    }
  }
  return { columns, rowDuals, columnDuals };
}

/** Takes the minimum of each column, then what remains as the minimum of each row, into the duals. */
function reduce(costs: Float64Array, n: number, rowDuals: Float64Array, columnDuals: Float64Array): void {
  columnDuals.fill(Infinity);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) columnDuals[j] = Math.min(columnDuals[j], costs[i * n + j]);
  }
  for (let i = 0; i < n; i++) {
    let least = Infinity;
    for (let j = 0; j < n; j++) least = Math.min(least, costs[i * n + j] - columnDuals[j]);
    rowDuals[i] = least;
  }
}

/** Matches rows with columns at no reduced cost, as far as they are free. */
function matchTight(
  costs: Float64Array,
  n: number,
  { rowDuals, columnDuals, columns, rows }: Assignment & { readonly rows: Int32Array },
): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      // As the minimum above was formed: then a tight pair differs by nothing.
      if (rows[j] >= 0 || costs[i * n + j] - columnDuals[j] !== rowDuals[i]) continue;
      columns[i] = j;
      rows[j] = i;
      break;
    }
  }
}

function checkCosts(cost: Float64Array | Float32Array, n: number): Float64Array {
  if (!Number.isInteger(n) || n < 0 || cost.length !== n * n) {
    throw new FlowShapeError('assign', {
      expected: `a square matrix of costs, ${n} × ${n}`,
      got: `${cost.length} numbers`,
    });
  }
  const bad = cost.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const row = Math.floor(bad / n);
    throw new FlowDataError('assign', {
      expected: 'finite costs',
      got: `${cost[bad]} at row ${row}, column ${bad % n}`,
      rows: [row],
    });
  }
  return cost instanceof Float64Array ? cost : new Float64Array(cost);
}
