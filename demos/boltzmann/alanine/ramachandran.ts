import type { Chart } from '../page.js';
import { BASINS } from './basins.js';

const BINS = 60;
/** Free energies above this, in kT over the lowest, are all one colour. */
const TOP = 9;

/** The free energy over both backbone torsions in radians, in kT, from weighted molecules; basins are outlined. */
export function ramachandranChart(
  title: string,
  phi: Float64Array,
  psi: Float64Array,
  weights: ArrayLike<number>,
): Chart {
  const bin = (angle: number) =>
    Math.min(BINS - 1, Math.max(0, Math.floor((BINS * (angle + Math.PI)) / (2 * Math.PI))));
  const mass = Array.from({ length: BINS }, () => new Float64Array(BINS));
  for (let i = 0; i < phi.length; i++) mass[bin(psi[i])][bin(phi[i])] += weights[i];
  const largest = Math.max(...mass.map((row) => Math.max(...row)));
  const middles = Array.from({ length: BINS }, (_, i) => -180 + (360 * (i + 0.5)) / BINS);
  return {
    title,
    traces: [
      {
        type: 'heatmap', x: middles, y: middles, zmin: 0, zmax: TOP, colorscale: 'Viridis', reversescale: true, colorbar: { title: { text: 'kT' } },
        z: mass.map((row) => Array.from(row, (value) => (value > 0 ? Math.min(TOP, Math.log(largest / value)) : null))),
      },
      {
        x: BASINS.map(({ phi: ends }) => middleOf(ends)), y: BASINS.map(({ psi: ends }) => middleOf(ends)),
        text: BASINS.map(({ name }) => name), mode: 'text', textfont: { size: 11, color: '#444' }, showlegend: false,
      },
    ],
    layout: {
      xaxis: { title: { text: 'φ, degrees' }, range: [-180, 180], dtick: 90 },
      yaxis: { title: { text: 'ψ, degrees' }, range: [-180, 180], dtick: 90 },
    },
  }; // prettier-ignore
}

/** Of an interval that may go through 180 degrees. */
function middleOf([low, high]: readonly [number, number]): number {
  const middle = low < high ? (low + high) / 2 : (low + high + 360) / 2;
  return middle > 180 ? middle - 360 : middle;
}
