/**
 * Singular values of a matrix given by rows, largest first, in float64 by one-sided Jacobi rotations: columns are made
 * orthogonal two by two, and their lengths are then the singular values.
 */
export function singularValues(rows: readonly ArrayLike<number>[]): number[] {
  const columns = Array.from(rows[0], (_, j) => rows.map((row) => row[j]));
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  for (let sweep = 0; sweep < 40; sweep++) {
    let largest = 0;
    for (let p = 0; p < columns.length; p++) {
      for (let q = p + 1; q < columns.length; q++) {
        const [alpha, beta, gamma] = [dot(columns[p], columns[p]), dot(columns[q], columns[q]), dot(columns[p], columns[q])]; // prettier-ignore
        if (Math.abs(gamma) <= 1e-15 * Math.sqrt(alpha * beta)) continue;
        largest = Math.max(largest, Math.abs(gamma) / Math.sqrt(alpha * beta));
        const zeta = (beta - alpha) / (2 * gamma);
        const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        const cosine = 1 / Math.hypot(1, tangent);
        const sine = cosine * tangent;
        const [u, v] = [columns[p], columns[q]];
        columns[p] = u.map((value, i) => cosine * value - sine * v[i]);
        columns[q] = u.map((value, i) => sine * value + cosine * v[i]);
      }
    }
    if (largest < 1e-12) break;
  }
  return columns.map((column) => Math.sqrt(dot(column, column))).sort((a, b) => b - a);
}
