/** Plain linear algebra in float64 to compare with. Matrices are flat, row by row; all are well away from singular. */

/** `X` of `A X = B` and the determinant of `A`, by elimination with complete pivoting. */
function eliminate(a: ArrayLike<number>, n: number, b: ArrayLike<number>, k: number) {
  const rows = Array.from({ length: n }, (_, i) => [
    ...Array.from({ length: n }, (_, j) => a[i * n + j]),
    ...Array.from({ length: k }, (_, c) => b[i * k + c]),
  ]);
  const rowOf = new Map<number, number>();
  let [sign, logAbsDet] = [1, 0];
  for (let step = 0; step < n; step++) {
    let best = { size: -1, row: 0, column: 0 };
    for (let row = step; row < n; row++) {
      for (let column = 0; column < n; column++) {
        const size = Math.abs(rows[row][column]);
        if (!rowOf.has(column) && size > best.size) best = { size, row, column };
      }
    }
    [rows[step], rows[best.row]] = [rows[best.row], rows[step]];
    if (best.row !== step) sign = -sign;
    const pivot = rows[step][best.column];
    rowOf.set(best.column, step);
    sign *= Math.sign(pivot);
    logAbsDet += Math.log(Math.abs(pivot));
    rows[step] = rows[step].map((u) => u / pivot);
    rows.forEach((row, i) => {
      const factor = row[best.column];
      if (i !== step && factor !== 0) rows[i] = row.map((u, c) => u - factor * rows[step][c]);
    });
  }
  const order = [...rowOf.entries()].sort(([a], [b]) => a - b).map(([, row]) => row);
  return { x: order.flatMap((row) => rows[row].slice(n)), sign: sign * parity(order), logAbsDet };
}

/** 1 for an even permutation, -1 for an odd one. */
export function parity(permutation: readonly number[]): number {
  const inversions = permutation.flatMap((p, i) => permutation.slice(i + 1).filter((q) => q < p)).length;
  return inversions % 2 === 0 ? 1 : -1;
}

export function identity(n: number): number[] {
  return Array.from({ length: n * n }, (_, i) => Number(Math.floor(i / n) === i % n));
}

export function solve64(a: ArrayLike<number>, n: number, b: ArrayLike<number>, k: number): number[] {
  return eliminate(a, n, b, k).x;
}

export function inverse64(a: ArrayLike<number>, n: number): number[] {
  return eliminate(a, n, identity(n), n).x;
}

export function slogdet64(a: ArrayLike<number>, n: number): { sign: number; logAbsDet: number } {
  return eliminate(a, n, [], 0);
}

/** `A B` for `A`, `[n, m]`, and `B`, `[m, k]`. */
export function product64(a: ArrayLike<number>, b: ArrayLike<number>, n: number, m: number, k: number): number[] {
  return Array.from({ length: n * k }, (_, at) => {
    const [i, c] = [Math.floor(at / k), at % k];
    return Array.from({ length: m }, (_, j) => a[i * m + j] * b[j * k + c]).reduce((sum, u) => sum + u, 0);
  });
}

export function transpose64(a: ArrayLike<number>, n: number): number[] {
  return Array.from({ length: n * n }, (_, at) => a[(at % n) * n + Math.floor(at / n)]);
}

/** The triangle that is read, zeros elsewhere, ones on the diagonal if asked for. */
export function triangle64(a: ArrayLike<number>, n: number, lower: boolean, unitDiagonal: boolean): number[] {
  return Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    if (i === j) return unitDiagonal ? 1 : a[at];
    return lower === j < i ? a[at] : 0;
  });
}

/** `[...L, ...U]` of `P A = L U`, row by row in Crout's order of products. */
export function lu64(a: ArrayLike<number>, n: number): number[] {
  let rest = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => a[i * n + j]));
  let left: number[][] = rest.map(() => []);
  const [lower, upper]: number[][][] = [[], []];
  for (let step = 0; step < n; step++) {
    const sizes = rest.map(([first]) => Math.abs(first));
    const chosen = sizes.indexOf(Math.max(...sizes));
    const bring = <T>(rows: T[]) => rows.map((row, i) => (i === 0 ? rows[chosen] : i === chosen ? rows[0] : row));
    [rest, left] = [bring(rest), bring(left)];
    const [[pivot, ...tail], ...others] = rest;
    lower.push([...left[0], 1]);
    upper.push([pivot, ...tail]);
    left = left.slice(1).map((row, i) => [...row, others[i][0] / pivot]);
    rest = others.map(([first, ...row]) => row.map((u, c) => u - (first / pivot) * tail[c]));
  }
  const pad = (row: number[], before: number) =>
    Array.from({ length: n }, (_, j) => (j < before || j >= before + row.length ? 0 : row[j - before]));
  return [...lower.flatMap((row) => pad(row, 0)), ...upper.flatMap((row, i) => pad(row, i))];
}
