import test from 'ava';
import { FlowConfigError, FlowDataError, FlowShapeError, RandomStream, toys, type ToyName } from '../../src/index.js';

const NAMES = Object.keys(toys) as ToyName[];

/** Mean log-density of 10,000 points of each, found independently of this library; good to about 0.01. */
const KNOWN_MEAN: Record<ToyName, number> = {
  twoMoons: -2.3945,
  eightGaussians: -2.8295,
  checkerboard: -3.4657,
  pinwheel: -2.3164,
  rings: -2.6268,
  spirals: -2.6416,
};

/** Midpoints of a square grid of 1/16 over [-5, 5]². */
const STEP = 1 / 16;
const SIDE = 160;
const GRID = Float64Array.from({ length: 2 * SIDE * SIDE }, (_, i) => {
  const point = i >> 1;
  return -5 + STEP * ((i % 2 === 0 ? point % SIDE : Math.floor(point / SIDE)) + 0.5);
});

function meanAndError(values: Float64Array): [mean: number, error: number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return [mean, Math.sqrt(variance / values.length)];
}

for (const name of NAMES) {
  test(`${name}: the density integrates to one, and draws follow it`, (t) => {
    const logDensity = toys[name].logDensity(GRID);
    let mass = 0;
    let negentropy = 0;
    const cells = new Float64Array(100); // 10 x 10 coarse cells of side 1
    logDensity.forEach((value, i) => {
      const probability = Math.exp(value) * STEP * STEP;
      mass += probability;
      if (probability > 0) negentropy += probability * value;
      cells[coarseCell(GRID[2 * i], GRID[2 * i + 1])] += probability;
    });
    // The density of the pinwheel is infinite along folds, where a grid does poorly.
    const tolerance = name === 'pinwheel' ? 3e-3 : 2e-5;
    t.true(Math.abs(mass - 1) < tolerance, `mass ${mass}`);

    const n = 10_000;
    const points = toys[name](n, { seed: 'draws' });
    const [mean, error] = meanAndError(toys[name].logDensity(points));
    t.true(Math.abs(mean - negentropy) < 4 * error + 10 * tolerance, `mean ${mean}, integral ${negentropy} ± ${error}`);
    t.true(Math.abs(mean - KNOWN_MEAN[name]) < 0.03, `mean ${mean}, known ${KNOWN_MEAN[name]}`);

    const counts = new Float64Array(100);
    for (let i = 0; i < n; i++) counts[coarseCell(points[2 * i], points[2 * i + 1])]++;
    counts.forEach((count, cell) => {
      const expected = n * cells[cell];
      const allowed = 5 * Math.sqrt(expected + 1) + n * tolerance;
      t.true(Math.abs(count - expected) < allowed, `cell ${cell}: ${count} draws, ${expected} expected`);
    });
  });

  test(`${name}: equal seeds give equal draws, others do not`, (t) => {
    const toy = toys[name];
    t.deepEqual(toy(50, { seed: 3 }), toy(50, { seed: 3 }));
    t.deepEqual(toy(50, { seed: 3 }), toy(50, { seed: new RandomStream(3) }));
    t.notDeepEqual(toy(50, { seed: 3 }), toy(50, { seed: 4 }));
    t.is(toy(0, { seed: 3 }).length, 0);
    t.is(toy(7, { seed: 3 }).length, 14);
  });
}

function coarseCell(x: number, y: number): number {
  const clamp = (value: number): number => Math.min(9, Math.max(0, Math.floor(value + 5)));
  return 10 * clamp(y) + clamp(x);
}

test('rounding to float32 takes no checkerboard point off its square', (t) => {
  const logDensity = toys.checkerboard.logDensity(toys.checkerboard(50_000, { seed: 'edges' }));
  t.true(logDensity.every((value) => value === -Math.log(32)));
  t.is(toys.checkerboard.logDensity([0.5, 2.5])[0], -Infinity);
  t.is(toys.checkerboard.logDensity([4, 0.5])[0], -Infinity);
});

test('symmetries hold to rounding: moons and spirals by half a turn, rings and pinwheel by theirs', (t) => {
  const probe = [0.4, -1.1];
  const turned = (angle: number): number[] => [
    probe[0] * Math.cos(angle) - probe[1] * Math.sin(angle),
    probe[0] * Math.sin(angle) + probe[1] * Math.cos(angle),
  ];
  const cases: [ToyName, number][] = [
    ['twoMoons', Math.PI],
    ['spirals', Math.PI],
    ['eightGaussians', Math.PI / 4],
    ['pinwheel', (2 * Math.PI) / 5],
    ['rings', 1],
  ];
  for (const [name, angle] of cases) {
    const [here, there] = toys[name].logDensity([...probe, ...turned(angle)]);
    t.true(Math.abs(here - there) < 1e-9, `${name}: ${here}, ${there}`);
  }
});

test('far from the data log-densities stay finite', (t) => {
  for (const name of ['twoMoons', 'eightGaussians', 'pinwheel', 'rings', 'spirals'] as const) {
    const [a, b] = toys[name].logDensity([0, 0, 30, -40]);
    t.true(Number.isFinite(a) && Number.isFinite(b) && b < -500, `${name}: ${a}, ${b}`);
  }
});

test('bad arguments are named', (t) => {
  const { twoMoons } = toys;
  t.throws(() => twoMoons(-1, { seed: 0 }), { instanceOf: FlowConfigError, message: /^twoMoons: expected n/ });
  t.throws(() => twoMoons(3, undefined as never), { instanceOf: FlowConfigError, message: /seed/ });
  t.throws(() => twoMoons.logDensity([1, 2, 3]), { instanceOf: FlowShapeError, message: /pairs/ });
  const error = t.throws(() => twoMoons.logDensity([0, 0, NaN, 1]), { instanceOf: FlowDataError });
  t.deepEqual(error?.rows, [1]);
});
