import test from 'ava';
import { gaussLegendre, logIntegral } from '../../src/datasets/toys/quadrature.js';
import { besselI0Scaled, erfcScaled, logNormalMass, logSumExp } from '../../src/datasets/toys/special.js';

const near = (actual: number, expected: number, tolerance = 1e-11): boolean =>
  Math.abs(actual - expected) <= tolerance * Math.max(1e-300, Math.abs(expected));

test('scaled Bessel function: its integral form, on both sides of the change of series', (t) => {
  // exp(-x) I0(x) = 1/2π ∫ exp(x (cos t - 1)) dt; on a whole period the trapezoidal rule is exact to rounding.
  const panels = 400;
  for (const x of [0, 0.1, 1, 5, 24.9, 25, 25.1, 100, 1000]) {
    let sum = 0;
    for (let i = 0; i < panels; i++) sum += Math.exp(x * (Math.cos((2 * Math.PI * i) / panels) - 1));
    t.true(near(besselI0Scaled(x), sum / panels), `x = ${x}`);
  }
});

test('scaled complementary error function: its integral form, on both sides of the change of method', (t) => {
  // exp(x²) erfc(x) = 2/√π ∫ exp(-s² - 2 x s) ds over s > 0.
  const rule = gaussLegendre(0, 8, 200);
  for (const x of [0, 0.3, 1, 2.49, 2.5, 2.6, 5, 20]) {
    const expected = (2 / Math.sqrt(Math.PI)) * Math.exp(logIntegral(rule, (s) => -s * s - 2 * x * s));
    t.true(near(erfcScaled(x), expected), `x = ${x}: ${erfcScaled(x)}, ${expected}`);
  }
});

test('log mass of a normal interval: adds up, mirrors, and survives the far tail', (t) => {
  t.true(near(logNormalMass(-1, 1), Math.log(0.6826894921370859)));
  t.is(logNormalMass(0.3, 2), logNormalMass(-2, -0.3));
  const parts = logSumExp([logNormalMass(-1, 0.5), logNormalMass(0.5, 3)]);
  t.true(near(parts, logNormalMass(-1, 3)));
  // Far out the mass is exp(-a²/2) (1 - exp(-a h)) / (a √2π) to leading order in 1/a².
  t.true(near(logNormalMass(100, 101), -5000 - Math.log(100 * Math.sqrt(2 * Math.PI)), 1e-7));
});

test('log-sum-exp of nothing is minus infinity', (t) => {
  t.is(logSumExp([]), -Infinity);
  t.is(logSumExp([-Infinity]), -Infinity);
  t.true(near(logSumExp([1000, 1000]), 1000 + Math.LN2));
});
