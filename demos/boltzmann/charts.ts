import * as tf from '@tensorflow/tfjs-core';
import { freeEnergyProfile, weightedHistogram, type Energy, type EpochRecord } from 'tfjs-flows';
import type { Comparison } from './comparison.js';
import { observe } from './observe.js';
import { COLOURS, type Chart } from './page.js';
import type { Observable } from './target.js';
import type { WeightedDraws } from './weigh.js';

const CELLS = 120;
/** Energies above this, in kT over the lowest, are all one colour. */
const TOP = 12;

/** Losses of all epochs, stage by stage, with the effective sample sizes where training reports them. */
export function trainingChart(history: ReadonlyMap<string, readonly EpochRecord[]>): Chart {
  const traces = [...history].map(([name, epochs]) => ({
    name, x: epochs.map(({ steps }) => steps), y: epochs.map(({ train }) => train), mode: 'lines',
  })); // prettier-ignore
  return {
    title: 'Training',
    traces,
    layout: { xaxis: { title: { text: 'step' } }, yaxis: { title: { text: 'loss' } } },
  };
}

/** Logarithms of the weights around their mean weight: a narrow peak at zero is a perfect flow. */
export function weightChart({ logWeights }: WeightedDraws): Chart {
  const top = logWeights.reduce((most, value) => Math.max(most, value), -Infinity);
  const mean = top + Math.log(logWeights.reduce((sum, value) => sum + Math.exp(value - top), 0) / logWeights.length);
  const shifted = Array.from(logWeights, (value) => Math.max(value - mean, -10));
  return {
    title: 'Weights of draws',
    traces: [{ type: 'histogram', x: shifted, nbinsx: 80, marker: { color: COLOURS.weighted } }],
    layout: { xaxis: { title: { text: 'log (w / ⟨w⟩), from -10 on' } }, yaxis: { title: { text: 'draws' } } },
  };
}

/** Free energy along an observable: of plain draws, of weighted ones, and of others where there are any. */
export function profileChart(observable: Observable, draws: WeightedDraws, other: Comparison | null): Chart {
  const { values, owner } = observe(observable, draws.positions, draws.logWeights.length);
  const weights = owner.map((i) => draws.logWeights[i]);
  const { range } = observable;
  const lines = [
    { name: 'draws of the flow', color: COLOURS.flow, ...profile(values, range, null) },
    { name: 'weighted', color: COLOURS.weighted, ...profile(values, range, weights) },
  ];
  if (other) {
    const { values: theirs } = observe(observable, other.positions, other.count);
    lines.push({ name: other.title, color: COLOURS.reference, ...profile(theirs, range, null) });
  }
  return {
    title: `Free energy along ${observable.title}`,
    traces: lines.map(({ name, color, x, y }) => ({ name, x, y, mode: 'lines', line: { color } })),
    layout: { xaxis: { title: { text: observable.title } }, yaxis: { title: { text: 'kT' } } },
  };
}

/** Energies of draws as they are, weighted, and of others. */
export function energyChart(draws: WeightedDraws, other: Comparison | null): Chart {
  const sorted = Float32Array.from([...draws.energies, ...(other?.energies ?? [])]).sort();
  const range = [sorted[0], sorted[Math.floor(sorted.length * 0.99)]] as const;
  const bars = [
    { name: 'draws of the flow', color: COLOURS.flow, ...weightedHistogram(draws.energies, { range }) },
    { name: 'weighted', color: COLOURS.weighted, ...weightedHistogram(draws.energies, { range, logWeights: draws.logWeights }) },
    ...(other ? [{ name: other.title, color: COLOURS.reference, ...weightedHistogram(other.energies, { range }) }] : []),
  ]; // prettier-ignore
  return {
    title: 'Energies',
    traces: bars.map(({ name, color, centers, density }) => ({
      name, x: [...centers], y: [...density], mode: 'lines', line: { color, shape: 'hvh' },
    })),
    layout: { xaxis: { title: { text: 'u, kT' } }, yaxis: { title: { text: 'density' } } },
  }; // prettier-ignore
}

/** The energy of a target in two dimensions as contours, and some draws on it. */
export function planeChart(
  energy: Energy,
  [across, up]: readonly [readonly [number, number], readonly [number, number]],
  draws: WeightedDraws,
): Chart {
  const axis = ([low, high]: readonly [number, number]) => Array.from({ length: CELLS }, (_, i) => low + ((high - low) * (i + 0.5)) / CELLS); // prettier-ignore
  const [x, y] = [axis(across), axis(up)];
  const grid = tf.tidy(() => energy.energy(tf.tensor2d(y.flatMap((b) => x.map((a) => [a, b])))).dataSync<'float32'>());
  const lowest = grid.reduce((least, value) => Math.min(least, value), Infinity);
  const z = y.map((_, row) => x.map((_unused, column) => Math.min(grid[row * CELLS + column] - lowest, TOP)));
  const shown = draws.positions.subarray(0, 4000);
  return {
    title: 'Energy, and draws of the flow',
    traces: [
      { type: 'contour', x, y, z, colorscale: 'Viridis', ncontours: 14, colorbar: { title: { text: 'kT' } } },
      {
        x: Array.from(shown.filter((_, i) => i % 2 === 0)), y: Array.from(shown.filter((_, i) => i % 2 === 1)),
        mode: 'markers', marker: { size: 2.5, color: COLOURS.flow, opacity: 0.6 }, showlegend: false,
      },
    ],
    layout: { xaxis: { range: across }, yaxis: { range: up } },
  }; // prettier-ignore
}

function profile(values: number[], range: readonly [number, number], logWeights: number[] | null) {
  const { centers, freeEnergies } = freeEnergyProfile(values, { range, bins: 60, ...(logWeights && { logWeights }) });
  return { x: [...centers], y: Array.from(freeEnergies, (value) => (Number.isFinite(value) ? value : null)) };
}
