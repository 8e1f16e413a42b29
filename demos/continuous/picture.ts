import { encode } from 'fast-png';
import { colourAt, css, DENSITY, TIME } from './colours.js';
import type { Grid, Paths } from './paths.js';

const SIZE = 260;
const GAP = 14;
const HEADING = 30;
const PAPER = '#0d0c1d';

/** Panels beside each other, each under its heading, as one SVG file. */
export function renderRow(panels: readonly { readonly title: string; readonly body: string }[], size = SIZE): string {
  const [width, height] = [panels.length * (size + GAP) - GAP, size + HEADING];
  const placed = panels.map(
    ({ title, body }, i) =>
      `<g transform="translate(${i * (size + GAP)} 0)">` +
      `<text x="${size / 2}" y="19" text-anchor="middle" fill="#b9b6c9" font-family="system-ui, sans-serif" font-size="15">${title}</text>` +
      `<svg y="${HEADING}" width="${size}" height="${size}" viewBox="0 0 ${SIZE} ${SIZE}">` +
      `<rect width="${SIZE}" height="${SIZE}" fill="${PAPER}"/>${body}</svg></g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${placed.join('')}</svg>\n`;
}

/** A density on a grid in colours; `top` and all above are brightest. The square root keeps thin places visible. */
export function heatMap(density: ArrayLike<number>, { cells }: Grid, top: number): string {
  const pixels = new Uint8Array(3 * cells * cells);
  for (let i = 0; i < cells * cells; i++) pixels.set(colourAt(DENSITY, Math.sqrt(density[i] / top)), 3 * i);
  const png = Buffer.from(encode({ width: cells, height: cells, channels: 3, data: pixels })).toString('base64');
  return `<image width="${SIZE}" height="${SIZE}" preserveAspectRatio="none" href="data:image/png;base64,${png}"/>`;
}

/** Particles at one of the times, and lines behind the first `tails` of them from where they started, coloured by time. */
export function particles({ times, positions }: Paths, reach: number, until: number, tails: number): string {
  const place = (k: number, point: number) =>
    [positions[k][2 * point], -positions[k][2 * point + 1]]
      .map((value) => ((value / reach + 1) * SIZE * 0.5).toFixed(1))
      .join(' ');
  const numbers = Array.from({ length: positions[0].length / 2 }, (_, point) => point);
  const last = times.findLastIndex((time) => time <= until + 1e-9);
  // All moves between two moments are one path of one colour.
  const moves = times.slice(1, last + 1).map((time, k) => {
    const lines = numbers.slice(0, tails).map((point) => `M${place(k, point)}L${place(k + 1, point)}`);
    return `<path d="${lines.join('')}" stroke="${css(colourAt(TIME, time))}"/>`;
  });
  const dots = numbers.map((point) => `M${place(last, point)}h0`).join('');
  return (
    `<g fill="none" stroke-width=".6" stroke-opacity=".6" stroke-linecap="round">${moves.join('')}</g>` +
    `<path d="${dots}" stroke="${css(colourAt(TIME, times[last]))}" stroke-width="1.5" stroke-linecap="round"/>`
  );
}

/** A page with the pictures that lie beside it. */
export function renderPage(toy: string, summary: string): string {
  const bar = TIME.map((colour, i) => `${css(colour)} ${(100 * i) / (TIME.length - 1)}%`).join(', ');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>From noise to ${toy}</title>
<style>
  body { font: 16px/1.55 system-ui, sans-serif; color: #d9d6e6; background: #15132a; max-width: 1360px; margin: 2.5rem auto; padding: 0 1.5rem; }
  h1 { font-weight: 600; font-size: 1.7rem; margin: 0; color: #fff; }
  p { color: #a09cb5; margin: .3rem 0 1.2rem; max-width: 52rem; }
  img { display: block; width: 100%; margin: 1.2rem 0 0; }
  .bar { display: inline-block; width: 9rem; height: .6rem; border-radius: .3rem; margin: 0 .5rem; background: linear-gradient(to right, ${bar}); }
</style>
<h1>From noise to ${toy}</h1>
<p>${summary}</p>
<img src="densities.svg" alt="The density of the flow at five times">
<img src="trajectories.svg" alt="Particles and their paths at the same times">
<p>noise <span class="bar"></span> data</p>
<img src="result.svg" alt="All paths, the density that was learned, and the exact one">
</html>
`;
}
