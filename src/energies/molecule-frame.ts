/**
 * The rotation that turns a molecule with hydrogens at `(±a, 0, b)` so that they point nearest along two directions, as a unit
 * quaternion: z goes to the direction between the two, x to the first of them.
 *
 * @param first direction of the hydrogen at `(a, 0, b)`, of any length
 * @param second of that at `(-a, 0, b)`, not along the first
 */
export function quaternionFromFrame(first: readonly number[], second: readonly number[]): number[] {
  const [u, v] = [normalized(first), normalized(second)];
  const z = normalized(u.map((value, d) => value + v[d]));
  const x = normalized(u.map((value, d) => value - v[d]));
  const y = [z[1] * x[2] - z[2] * x[1], z[2] * x[0] - z[0] * x[2], z[0] * x[1] - z[1] * x[0]];
  // Rows of 4 qₖ q, of which the longest is free of cancellation.
  const rows = [
    [1 + x[0] + y[1] + z[2], y[2] - z[1], z[0] - x[2], x[1] - y[0]],
    [y[2] - z[1], 1 + x[0] - y[1] - z[2], x[1] + y[0], z[0] + x[2]],
    [z[0] - x[2], x[1] + y[0], 1 - x[0] + y[1] - z[2], y[2] + z[1]],
    [x[1] - y[0], z[0] + x[2], y[2] + z[1], 1 - x[0] - y[1] + z[2]],
  ];
  const largest = rows.reduce((best, row, k) => (row[k] > rows[best][best] ? k : best), 0);
  return normalized(rows[largest]);
}

function normalized(v: readonly number[]): number[] {
  const length = Math.hypot(...v);
  return v.map((value) => value / length);
}
