import test from 'ava';
import { floatBefore } from '../../src/ode/times.js';

test('the last float32 number before a time is its neighbour on the way', (t) => {
  const ulp = 2 ** -23;
  t.is(floatBefore(1, 1), 1 - ulp / 2);
  t.is(floatBefore(1, -1), 1 + ulp);
  t.is(floatBefore(-1, 1), -1 - ulp);
  t.is(floatBefore(-1, -1), -1 + ulp / 2);
  t.is(floatBefore(0, 1), -(2 ** -149));
  t.is(floatBefore(0, -1), 2 ** -149);
});

test('a time that is no float32 number counts as the one it is rounded to', (t) => {
  t.is(floatBefore(0.1, 1), Math.fround(0.1) - 2 ** -27);
});
