import test from 'ava';
import { FlowConfigError, FlowDataError, splitRows } from '../../src/index.js';

const rows = Array.from({ length: 100 }, (_, i) => [i, -i]);
const fractions = { train: 0.7, validation: 0.1, test: 0.2 };
const first = (part: number[][]): number[] => part.map(([x]) => x);

test('every row lands in exactly one part, of the size asked for', (t) => {
  const split = splitRows(rows, { fractions, seed: 1 });
  t.deepEqual([split.train.length, split.validation.length, split.test.length], [70, 10, 20]);
  const all = [...first(split.train), ...first(split.validation), ...first(split.test)];
  t.deepEqual([...all].sort((a, b) => a - b), first(rows)); // prettier-ignore
  t.notDeepEqual(all, first(rows));
});

test('the seed decides', (t) => {
  t.deepEqual(splitRows(rows, { fractions, seed: 1 }), splitRows(rows, { fractions, seed: 1 }));
  t.notDeepEqual(splitRows(rows, { fractions, seed: 1 }), splitRows(rows, { fractions, seed: 2 }));
});

test('groups stay together', (t) => {
  const groups = Array.from({ length: 100 }, (_, i) => `protein ${i % 30}`);
  const split = splitRows(rows, { fractions, seed: 1, groups });
  const labels = Object.values(split).map((part) => new Set(first(part).map((row) => groups[row])));
  t.is(labels[0].size + labels[1].size + labels[2].size, 30);
  t.is(split.train.length + split.validation.length + split.test.length, 100);
  t.true(Math.abs(split.train.length - 70) < 4);
});

test('shares that are no shares are refused', (t) => {
  for (const bad of [{}, { train: 0.5 }, { train: 1.2, test: -0.2 }, { train: NaN, test: 0.5 }]) {
    t.throws(() => splitRows(rows, { fractions: bad as Record<string, number>, seed: 0 }), {
      instanceOf: FlowConfigError,
      message: /^splitRows: expected fractions/,
    });
  }
  t.throws(() => splitRows(rows, { fractions, seed: 0, groups: [1] }), { instanceOf: FlowConfigError });
  t.throws(() => splitRows([1, 2], { fractions, seed: 0 }), {
    instanceOf: FlowDataError,
    message: /none left/,
  });
});
