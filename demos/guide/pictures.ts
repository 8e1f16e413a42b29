import * as tf from '@tensorflow/tfjs-core';
import { colourAt, DENSITY, TIME } from '../continuous/colours.js';
import { densityAt, tracePaths } from '../continuous/paths.js';
import { digits } from './digits.js';
import { besideEachOther, Panel, type Window } from './panel.js';
import { playground } from './playground.js';

/**
 * Every picture of the guide by its name. Most are of the very models that the programs of the pages train, as
 * `scripts/guide.mjs` takes them from the Markdown.
 */
export const PICTURES: Readonly<Record<string, () => Promise<Uint8Array>>> = {
  moons,
  rings,
  torus,
  'mueller-brown': muellerBrown,
  continuous,
  digits,
  playground,
};

/** Rows and draws. */
const DOT = [251, 196, 110] as const;

/** Rows, the density learned from them, draws. */
async function moons(): Promise<Uint8Array> {
  const { flow, rows } = await import('../../test/docs/readme.generated.js');
  const window = square(3.8);
  return besideEachOther([
    new Panel(window).points(rows, DOT),
    density(window, (x) => flow.logProb(x)),
    new Panel(window).points(flow.sample(rows.length / 2, { seed: 2 }).dataSync(), DOT),
  ]);
}

/** A conditional density at three contexts. */
async function rings(): Promise<Uint8Array> {
  const { flow } = await import('../../test/docs/conditional-flows.generated.js');
  const panels = [1.2, 2, 2.8].map((radius) =>
    density(square(3.6), (x) => flow.logProb(x, { context: tf.tensor1d([radius]) })),
  );
  return besideEachOther(panels);
}

/** Angles, and the density learned from them. */
async function torus(): Promise<Uint8Array> {
  const page = await import('../../test/docs/manifolds.generated.js');
  const window = square(Math.PI);
  return besideEachOther([
    new Panel(window).points(page.angles.flat(), DOT),
    density(window, (x) => page.torus.logProb(x)),
  ]);
}

/** The exact density, that of the flow, its draws. */
async function muellerBrown(): Promise<Uint8Array> {
  const { energy, flow } = await import('../../test/docs/boltzmann-generators.generated.js');
  const window: Window = { x: [-1.6, 1.4], y: [-0.7, 2.3] };
  return besideEachOther([
    density(window, (x) => tf.neg(energy.energy(x)), 0.25),
    density(window, (x) => flow.logProb(x), 0.25),
    new Panel(window).points(flow.sample(3000, { seed: 'picture' }).dataSync(), DOT, 0.5),
  ]);
}

/** The density on its way from noise to data, and paths of draws. */
async function continuous(): Promise<Uint8Array> {
  const { field, flow } = await import('../../test/docs/continuous-flows.generated.js');
  const window = square(3.8);
  const stages = [0, 0.5, 1].map((time) => {
    const panel = new Panel(window);
    return panel.heat(densityAt(flow, field, time, { reach: 3.8, cells: panel.side }), DENSITY);
  });
  const { times, positions } = tracePaths(flow, field, { draws: 250, frames: 90 });
  const paths = new Panel(window);
  times.forEach((time, i) => paths.points(positions[i], colourAt(TIME, time), i === 90 ? 0.9 : 0.12));
  return besideEachOther([...stages, paths]);
}

function square(reach: number): Window {
  return { x: [-reach, reach], y: [-reach, reach] };
}

function density(window: Window, logDensity: (x: tf.Tensor) => tf.Tensor, power = 0.5): Panel {
  const panel = new Panel(window);
  const { centres } = panel;
  return panel.heat(
    tf.tidy(() => tf.exp(logDensity(tf.tensor2d(centres, [centres.length / 2, 2]))).dataSync()),
    DENSITY,
    power,
  );
}
