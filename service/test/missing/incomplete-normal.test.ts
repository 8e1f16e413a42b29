import test from 'ava';
import { RandomStream } from 'tfjs-flows';
import { IncompleteNormal } from '../../src/missing/incomplete-normal.js';

test('gaps of any pattern are filled, by draws of the conditional distribution', (t) => {
  const stream = new RandomStream('incomplete');
  // Correlations whose products round differently on both sides of the diagonal.
  const rows = Array.from({ length: 400 }, () => {
    const z = Float64Array.from({ length: 5 }, () => stream.nextNormal());
    return Float64Array.from(z, (value, d) => value / 3 + z.subarray(0, d).reduce((sum, other, e) => sum + other / (e + 7), 0));
  }); // prettier-ignore
  const normal = IncompleteNormal.fitted(rows, 5);
  for (let pattern = 1; pattern < 32; pattern++) {
    const row = Float64Array.from(rows[pattern], (value, d) => (pattern & (1 << d) ? NaN : value));
    const logDensity = normal.fill(row, stream);
    t.true(Number.isFinite(logDensity));
    t.true(row.every(Number.isFinite));
    row.forEach((value, d) => {
      if (!(pattern & (1 << d))) t.is(value, rows[pattern][d]);
    });
  }
});
