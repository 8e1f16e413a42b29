/** Pairs of columns that are worth looking at. */
const PAIRS: [number, number][] = [
  [0, 1],
  [2, 3],
  [0, 6],
  [7, 8],
  [2, 9],
  [5, 9],
];
const SIZE = 250;
const POINTS = 2500;
const LAYERS = 40;

/** A self-contained page of scatter plots: real rows on the left, drawn ones on the right, a pair of columns a row. */
export function renderReport(columns: readonly string[], real: number[][], drawn: number[][]): string {
  const figures = PAIRS.map(([x, y]) => {
    const axes = [range(real, x), range(real, y)] as const;
    const plots = [
      scatter(real, x, y, axes, '#3d5a80', 'held-out rows'),
      scatter(drawn, x, y, axes, '#c8553d', 'drawn by the flow'),
    ];
    return `<figure>${plots.join('')}<figcaption>${columns[x]} across, ${columns[y]} up</figcaption></figure>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Proteins, real and drawn</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fbfaf7; max-width: 1120px; margin: 3rem auto; padding: 0 1rem; }
  h1 { font-weight: 600; font-size: 1.6rem; margin: 0; }
  p { color: #555; margin: .3rem 0 2rem; max-width: 46rem; }
  main { display: grid; grid-template-columns: repeat(auto-fill, minmax(${2 * SIZE + 12}px, 1fr)); gap: 2rem 1.5rem; }
  figure { margin: 0; }
  figcaption { color: #777; font-size: .85rem; margin-top: .25rem; }
  svg { background: #fff; border: 1px solid #e6e2da; border-radius: 4px; margin-right: 6px; }
  text { font: 11px system-ui, sans-serif; }
</style>
<h1>Proteins, real and drawn</h1>
<p>Each pair shows two of ten columns: rows that the flow has never seen in blue, rows that it drew in red. The flow was
trained on all ten columns at once by maximum likelihood.</p>
<main>
${figures.join('\n')}
</main>
</html>
`;
}

type Range = readonly [low: number, high: number];

/** The middle 99 % of a column, with a margin. */
function range(rows: number[][], column: number): Range {
  const sorted = rows.map((row) => row[column]).sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor(sorted.length * 0.005)], sorted[Math.floor(sorted.length * 0.995)]];
  const margin = 0.06 * (high - low);
  return [low - margin, high + margin];
}

function scatter(rows: number[][], x: number, y: number, axes: readonly [Range, Range], colour: string, title: string) {
  const place = (value: number, [low, high]: Range) => ((value - low) / (high - low)) * SIZE;
  const points = rows
    .map((row) => [place(row[x], axes[0]), SIZE - place(row[y], axes[1])])
    .filter((point) => point.every((at) => at >= 0 && at <= SIZE))
    .slice(0, POINTS)
    .map((point) => `M${point.map((at) => at.toFixed(1)).join(' ')}h0`);
  // Strokes of one path do not darken each other, those of several do: dense places show.
  const layers = Array.from(
    { length: LAYERS },
    (_, layer) => `<path d="${points.filter((_, i) => i % LAYERS === layer).join('')}"/>`,
  );
  return (
    `<svg width="${SIZE}" height="${SIZE}" role="img" aria-label="${title}">` +
    `<g stroke="${colour}" stroke-width="2.2" stroke-linecap="round" stroke-opacity=".35">${layers.join('')}</g>` +
    `<text x="8" y="16" fill="${colour}">${title}</text></svg>`
  );
}
