import test from 'ava';
import {
  bennettAcceptanceRatio,
  FlowConfigError,
  FlowDataError,
  FlowNumericsError,
  FlowShapeError,
  freeEnergyPerturbation,
  mbar,
  RandomStream,
} from '../../src/index.js';

/** `u₀ = x²/2`, `u₁ = x²/8`: `F₁ - F₀ = -log 2`. */
const u0 = (x: number) => (x * x) / 2;
const u1 = (x: number) => (x * x) / 8;
const EXACT = -Math.log(2);

const draws = (n: number, seed: string, scale = 1, mean = 0) =>
  Array.from(new RandomStream(seed).normal(n), (z) => mean + scale * z);

test('perturbation of wide into narrow Gaussians', (t) => {
  const found = freeEnergyPerturbation(draws(5000, 'wide', 2).map((x) => u1(x) - u0(x)));
  t.true(Math.abs(found.value + EXACT) < 4 * found.standardError, JSON.stringify(found));
  const [low, high] = found.interval;
  t.true(low < found.value && found.value < high);
  t.true(Math.abs((high - low) / (2 * 1.96 * found.standardError) - 1) < 0.25);
});

test('with the exact map there is no variance', (t) => {
  // g(z) = 2z: -u₁(2z) + u₀(z) + log 2 is log 2 for every z.
  const found = freeEnergyPerturbation(draws(100, 'map').map((z) => u0(z) - u1(2 * z) + Math.log(2)));
  t.true(Math.abs(found.value - EXACT) < 1e-12);
  t.true(found.standardError < 1e-12);
});

test('Bennett on Gaussians: right, with the error that it states', (t) => {
  const scores = Array.from({ length: 60 }, (_, i) => {
    const forward = draws(300, `forward ${i}`).map((x) => u1(x) - u0(x));
    const reverse = draws(500, `reverse ${i}`, 2).map((x) => u0(x) - u1(x));
    const { value, standardError } = bennettAcceptanceRatio(forward, reverse, { resamples: 10 });
    return (value - EXACT) / standardError;
  });
  const mean = scores.reduce((a, b) => a + b) / 60;
  const deviation = Math.sqrt(scores.reduce((a, b) => a + (b - mean) ** 2, 0) / 59);
  t.true(Math.abs(mean) < 4 / Math.sqrt(60), String(mean));
  t.true(Math.abs(deviation - 1) < 4 / Math.sqrt(120), String(deviation));
  const forward = draws(300, 'forward').map((x) => u1(x) - u0(x));
  const reverse = draws(500, 'reverse', 2).map((x) => u0(x) - u1(x));
  const { interval, standardError } = bennettAcceptanceRatio(forward, reverse, { seed: 1 });
  t.true(Math.abs((interval[1] - interval[0]) / (2 * 1.96 * standardError) - 1) < 0.3);
});

test('Bennett and the two-state multistate estimator agree, far from zero too', (t) => {
  const offset = 500;
  const [a, b] = [draws(400, 'a'), draws(700, 'b', 2)];
  const bennett = bennettAcceptanceRatio(
    a.map((x) => u1(x) + offset - u0(x)),
    b.map((x) => u0(x) - u1(x) - offset),
  );
  const all = [...a, ...b];
  const multistate = mbar([all.map(u0), all.map((x) => u1(x) + offset)], [400, 700]);
  t.true(Math.abs(multistate.freeEnergies[1] - bennett.value) < 1e-8);
});

test('many states: free energies, a state without draws, means and overlap', (t) => {
  // Harmonic wells u_k = κ (x - c)² / 2: F_k - F_0 = ½ log(κ_k / κ_0).
  const stiffness = [1, 2, 4, 8, 3];
  const centre = [0, 0.5, 1, 1.5, 0.7];
  const counts = [300, 200, 250, 400, 0];
  const x = counts.flatMap((n, k) => draws(n, `well ${k}`, 1 / Math.sqrt(stiffness[k]), centre[k]));
  const energies = stiffness.map((kappa, k) => x.map((v) => (kappa * (v - centre[k]) ** 2) / 2));
  const found = mbar(energies, counts, { resamples: 60, seed: 'wells' });
  stiffness.forEach((kappa, k) => {
    const exact = 0.5 * Math.log(kappa);
    t.is(found.freeEnergies[0], 0);
    if (k === 0) return;
    const { value, standardError, interval } = found.difference(0, k);
    t.true(Math.abs(value - exact) < 4 * standardError && standardError < 0.1, `${k}: ${value} ± ${standardError}`);
    t.true(interval[0] < value && value < interval[1]);
  });
  for (const k of [0, 4]) {
    const { value, standardError } = found.mean(x, k);
    t.true(Math.abs(value - centre[k]) < 4 * standardError, `${value} ± ${standardError}`);
    const total = found.logWeights(k).reduce((sum, w) => sum + Math.exp(w), 0);
    t.true(Math.abs(total - 1) < 1e-9);
  }
  for (const row of found.overlap) t.true(Math.abs(row.reduce((a, b) => a + b) - 1) < 1e-8);
  t.true(found.overlap[0][3] < found.overlap[0][1]);
});

test('energies by the thousand kT do not overflow', (t) => {
  const x = [...draws(200, 'p'), ...draws(200, 'q', 2)];
  const shifted = mbar([x.map((v) => u0(v) - 4000), x.map((v) => u1(v) + 9000)], [200, 200]);
  const plain = mbar([x.map(u0), x.map(u1)], [200, 200]);
  t.true(Math.abs(shifted.freeEnergies[1] - 13_000 - plain.freeEnergies[1]) < 1e-8);
});

test('what cannot be used is refused', (t) => {
  t.throws(() => freeEnergyPerturbation([NaN]), { instanceOf: FlowDataError });
  t.throws(() => freeEnergyPerturbation([1, 2], { resamples: 3 }), { instanceOf: FlowConfigError });
  t.throws(() => freeEnergyPerturbation([1, 2], { confidence: 1 }), { instanceOf: FlowConfigError });
  const works = t.throws(() => bennettAcceptanceRatio([1, Infinity], [1]), { instanceOf: FlowDataError });
  t.deepEqual(works.rows, [1]);
  t.throws(() => bennettAcceptanceRatio([1], []), { instanceOf: FlowDataError });
  t.throws(() => mbar([[1, 2]], [1]), { instanceOf: FlowShapeError });
  t.throws(() => mbar([[1, NaN]], [2]), { instanceOf: FlowDataError });
  t.throws(() => mbar([[1, 2]], [1, 1]), { instanceOf: FlowConfigError });
  t.throws(() => mbar([[1, 2]], [-2]), { instanceOf: FlowConfigError });
  t.throws(() => mbar([[1, 2]], [2]).logWeights(3), { instanceOf: FlowConfigError });
  // Two states of which neither draw can be the other's: 1e5 kT apart, both ways.
  const apart = () => mbar([[0, 0.1, 1e5, 1e5], [1e5, 1e5, 0, 0.2]], [2, 2]); // prettier-ignore
  t.throws(apart, { instanceOf: FlowNumericsError, message: /got equations that leave them open. No draws connect/ });
});
