import * as tf from '@tensorflow/tfjs-core';
import { FlowShapeError } from '../../../src/errors.js';
import { formatShape } from '../../../src/shapes.js';
import { ensure, ensureClose, ensureThrows } from '../check.js';
import { closely, nearly, read } from '../numerics.js';
import type { Subject } from './subject.js';

export async function takesBatches(subject: Subject): Promise<void> {
  const { field, dims } = subject;
  const { eventShape } = field;
  subject.perturb();
  for (const batchShape of [[], [0], [1], [5], [2, 3]]) {
    const what = `a batch ${formatShape(batchShape)}`;
    const rows = batchShape.reduce((product, length) => product * length, 1);
    const values = subject.stream.split('z').normal(rows * dims);
    const z = subject.tensor(values, [...batchShape, ...eventShape]);
    const context = field.contextShape && subject.normal('one context', field.contextShape);
    const velocity = field.apply(0.4, z, context);
    ensure(formatShape(velocity.shape) === formatShape(z.shape), `${what}: ${formatShape(velocity.shape)}`);
    const found = await read(velocity);
    for (let row = 0; row < rows; row++) {
      const single = subject.tensor(values.subarray(row * dims, (row + 1) * dims), eventShape);
      const alone = await read(field.apply(0.4, single, context));
      ensureClose(`${what}, row ${row}`, found.subarray(row * dims, (row + 1) * dims), alone, nearly);
    }
    const flat = subject.tensor(values, [rows, dims]);
    const all = field.rates(subject.time(), flat, subject.context(rows), null, subject.rates);
    const shapes = all.map(({ shape }) => formatShape(shape)).join();
    const expected = [[rows, dims], ...subject.rates.map(() => [rows])].map(formatShape).join();
    ensure(shapes === expected, `rates of ${what}: ${shapes}`);
    ensure(all.every(({ dtype }) => dtype === 'float32'), `rates of ${what}: not float32`); // prettier-ignore
    tf.dispose(all);
    const products = field.jacobianProducts(subject.time(), flat, subject.normal('v', [1, 2, dims]), subject.context(rows)); // prettier-ignore
    ensure(formatShape(products[1].shape) === formatShape([rows, 2, dims]), `products of ${what}`);
    tf.dispose(products);
  }
}

export async function takesTimes(subject: Subject): Promise<void> {
  const { field, dims } = subject;
  const rows = 4;
  subject.perturb();
  const [z, context] = [subject.normal('z', [rows, dims]), subject.context(rows)];
  const times = subject.times(rows);
  const mixed = field.rates(times, z, context, null, subject.rates);
  const mixedValues = await Promise.all(mixed.map(read));
  const at = await times.data<'float32'>();
  for (let row = 0; row < rows; row++) {
    const one = field.rates(subject.time(at[row]), z, context, null, subject.rates);
    const every = field.rates(subject.tensor(Array(rows).fill(at[row]), [rows, 1]), z, context, null, subject.rates);
    for (const [k, alone] of (await Promise.all(one.map(read))).entries()) {
      const width = alone.length / rows;
      const own = (values: Float32Array) => values.subarray(row * width, (row + 1) * width);
      ensureClose(`output ${k}, row ${row} at its time`, own(mixedValues[k]), own(alone), closely);
      ensureClose(`output ${k} at one time in every row`, await read(every[k]), alone, closely);
    }
    const points = subject.tensor(await z.data(), [rows, ...field.eventShape]);
    const byNumber = await read(field.apply(at[row], points, context));
    const byTensor = await read(field.apply(subject.time(at[row]), points, context));
    ensureClose('a number and a tensor', byNumber, byTensor, () => 0);
  }
}

export function refusesShapes(subject: Subject): void {
  const { field, dims } = subject;
  const rows = 3;
  const [t, z, context] = [subject.time(), subject.normal('z', [rows, dims]), subject.context(rows)];
  const points = subject.normal('z', [rows, ...field.eventShape]);
  const refuse = (what: string, body: () => unknown) => ensureThrows(what, FlowShapeError, body);
  const wide = subject.normal('z', [rows, dims + 1]);
  const [v, wideV] = [subject.normal('v', [rows, 2, dims]), subject.normal('v', [rows, 2, dims + 1])];
  refuse('rates of wide points', () => field.rates(t, wide, context, null, []));
  refuse('rates with flat times', () => field.rates(subject.tensor([0, 0, 0], [rows]), z, context, null, []));
  refuse('rates with two times', () => field.rates(subject.tensor([0, 0], [2, 1]), z, context, null, []));
  refuse('rates with wide probes', () => field.rates(t, z, context, wideV, ['divergence']));
  refuse('rates with flat probes', () => field.rates(t, z, context, z, ['divergence']));
  refuse('products with wide directions', () => field.jacobianProducts(t, z, wideV, context));
  refuse('products of wide points', () => field.jacobianProducts(t, wide, v, context));
  const wideEvent = [...field.eventShape.slice(0, -1), field.eventShape.at(-1)! + 1];
  refuse('apply to wide points', () => field.apply(0, subject.normal('z', [rows, ...wideEvent]), context));
  refuse('apply at two times', () => field.apply(subject.tensor([0, 0], [2, 1]), points, context));
  const other = subject.normal('other', [rows, ...(field.contextShape ?? []), 1]);
  refuse('apply with a wrong context', () => field.apply(0, points, other));
  refuse('rates with a wrong context', () => field.rates(t, z, other, null, []));
  refuse('products with a wrong context', () => field.jacobianProducts(t, z, v, other));
  if (!field.contextShape) return;
  refuse('apply without a context', () => field.apply(0, points));
  refuse('rates without a context', () => field.rates(t, z, null, null, []));
  refuse('products without a context', () => field.jacobianProducts(t, z, v));
}
