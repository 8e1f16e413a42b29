import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { RandomStream, ready } from '../../src/index.js';
import { Heap } from '../../src/replay/heap.js';
import { LaneTasks, programFor } from '../../src/replay/lane-tasks.js';
import { sizeOf, type Shape } from '../../src/shapes.js';
import { LOWERINGS } from '../../src/kernels/stock/lowerings.js';
import { loadSimd } from '../../src/kernels/wasm/module.js';
import { assertClose } from '../support/close.js';

await loadSimd();
const heap = new Heap();
const kernelsSeen = new Set<string>();

interface Case {
  readonly title: string;
  /** All inputs have the same first axis. */
  readonly shapes: readonly Shape[];
  readonly compute: (inputs: Tensor[]) => Tensor | Tensor[];
  readonly positive?: boolean;
}

const last = (x: Tensor) => x.rank - 1;

const CASES: readonly Case[] = [
  ...(
    [
      'neg',
      'exp',
      'square',
      'relu',
      'tanh',
      'sigmoid',
      'softplus',
      'abs',
      'reciprocal',
      'erf',
      'step',
      'floor',
      'sign',
      'sin',
      'cos',
    ] as const
  ).map((name): Case => ({ title: name, shapes: [[3, 7]], compute: ([x]) => (tf[name] as (x: Tensor) => Tensor)(x) })),
  ...(['log', 'sqrt', 'rsqrt'] as const).map((name): Case => ({
    title: name,
    shapes: [[5, 3]],
    positive: true,
    compute: ([x]) => tf[name](x),
  })),
  ...(['add', 'sub', 'mul', 'div', 'maximum', 'minimum'] as const).flatMap((name): Case[] =>
    [
      {
        how: 'alike',
        shapes: [
          [4, 5],
          [4, 5],
        ],
      },
      {
        how: 'column against row',
        shapes: [
          [4, 1],
          [4, 6],
        ],
      },
      {
        how: 'three axes, the middle one repeated',
        shapes: [
          [2, 1, 3],
          [2, 5, 3],
        ],
      },
      {
        how: 'both repeated',
        shapes: [
          [3, 1, 4],
          [3, 2, 1],
        ],
      },
    ].map(({ how, shapes }) => ({ title: `${name}, ${how}`, shapes, compute: ([a, b]: Tensor[]) => tf[name](a, b) })),
  ),
  { title: 'numbers and vectors', shapes: [[3, 4]], compute: ([x]) => tf.mul(tf.sub(x, [1, 2, 3, 4]), 2) },
  ...(['greater', 'greaterEqual', 'less', 'lessEqual', 'equal', 'notEqual'] as const).map((name): Case => ({
    title: `${name} and a choice by it`,
    shapes: [
      [4, 5],
      [4, 5],
    ],
    compute: ([a, b]) => tf.where(tf[name](a, b), a, tf.mul(b, 3)),
  })),
  {
    title: 'truth values',
    shapes: [
      [4, 5],
      [4, 5],
    ],
    compute: ([a, b]) => {
      const both = tf.logicalAnd(tf.greater(a, 0), tf.greater(b, 0));
      const none = tf.logicalNot(tf.logicalOr(tf.greater(a, 0), tf.greater(b, 0)));
      return tf.add(tf.cast(both, 'float32'), tf.mul(tf.cast(none, 'float32'), 2));
    },
  },
  { title: 'zeros, ones and sums of many', shapes: [[3, 4]], compute: ([x]) => tf.addN([x, tf.zerosLike(x), tf.onesLike(x), tf.square(x)]) }, // prettier-ignore
  { title: 'one part', shapes: [[4, 6]], compute: ([x]) => tf.slice(x, [0, 2], [-1, 3]) },
  { title: 'one part along the first axis', shapes: [[4, 6]], compute: ([x]) => tf.slice(tf.transpose(x), 2, 3) },
  { title: 'one part of three axes', shapes: [[4, 6, 5]], compute: ([x]) => tf.slice(x, [1, 2, 1], [2, 3, 3]) },
  { title: 'parts', shapes: [[4, 7]], compute: ([x]) => { const parts = tf.split(x, [2, 1, 4], 1); return [parts[2], parts[0]]; } }, // prettier-ignore
  {
    title: 'side by side',
    shapes: [
      [4, 2],
      [4, 3],
      [4, 1],
    ],
    compute: (all) => tf.concat(all, 1),
  },
  { title: 'stacked and taken apart', shapes: [[4, 3], [4, 3]], compute: (all) => tf.unstack(tf.stack(all, 1), 2).slice(0, 2) }, // prettier-ignore
  { title: 'padded', shapes: [[3, 4]], compute: ([x]) => tf.pad(x, [[0, 0], [1, 2]], 7) }, // prettier-ignore
  { title: 'transposed', shapes: [[2, 3, 4]], compute: ([x]) => tf.transpose(x, [0, 2, 1]) },
  { title: 'transposed all over', shapes: [[2, 3, 4, 5]], compute: ([x]) => tf.transpose(x, [3, 1, 0, 2]) },
  { title: 'turned over', shapes: [[3, 5]], compute: ([x]) => tf.reverse(x, 1) },
  { title: 'repeated', shapes: [[2, 3]], compute: ([x]) => tf.tile(x, [2, 3]) },
  { title: 'columns by number', shapes: [[3, 5]], compute: ([x]) => tf.gather(x, tf.tensor1d([4, 0, 0], 'int32'), 1) },
  { title: 'rows by number', shapes: [[3, 5]], compute: ([x]) => tf.gather(x, tf.tensor1d([2, 0], 'int32'), 0) },
  { title: 'sums over the last axis', shapes: [[3, 17]], compute: ([x]) => tf.sum(x, last(x)) },
  { title: 'sums over the first axis', shapes: [[9, 18]], compute: ([x]) => tf.sum(x, 0, true) },
  { title: 'sums over the middle', shapes: [[3, 4, 5]], compute: ([x]) => tf.sum(x, 1) },
  { title: 'clipping', shapes: [[3, 7]], compute: ([x]) => tf.clipByValue(x, -0.3, 0.4) },
  { title: 'largest of the last axis', shapes: [[5, 7]], compute: ([x]) => [tf.max(x, 1), tf.max(x, -1, true)] },
  { title: 'largest of other axes', shapes: [[3, 4, 5]], compute: ([x]) => [tf.max(x, 1), tf.max(x, 0), tf.max(x)] },
  { title: 'largest of one', shapes: [[3, 1]], compute: ([x]) => tf.max(x, 1) },
  ...[[3, 1], [4, 3], [2, 3, 8], [2, 13]].map((shape): Case => ({ title: `softmax of ${shape.join(' x ')}`, shapes: [shape], compute: ([x]) => tf.softmax(tf.mul(x, 9)) })), // prettier-ignore
  { title: 'sum and mean of all', shapes: [[3, 4, 5]], compute: ([x]) => [tf.sum(x), tf.mean(x)] },
  { title: 'means', shapes: [[3, 4, 5]], compute: ([x]) => tf.mean(x, [1, 2]) },
  ...[false, true].flatMap((a) =>
    [false, true].map((b): Case => ({
      title: `product, transposed ${a} ${b}`,
      shapes: [
        [6, 6],
        [6, b ? 6 : 7],
      ],
      compute: ([x, y]) => tf.matMul(x, y, a, b),
    })),
  ),
  {
    title: 'products of stacks',
    shapes: [
      [3, 2, 4],
      [3, 4, 5],
    ],
    compute: ([x, y]) => tf.matMul(x, y),
  },
  {
    title: 'a stack of matrices times one',
    shapes: [
      [70, 2, 4],
      [70, 4, 5],
    ],
    compute: ([x, y]) => {
      const one = tf.slice(y, 0, 1);
      return [
        tf.matMul(x, one),
        tf.matMul(x, tf.reshape(one, [1, 5, 4]), false, true),
        tf.matMul(tf.reshape(x, [70, 4, 2]), tf.reshape(one, [1, 5, 4]), true, true),
        tf.matMul(tf.reshape(one, [1, 5, 4]), x, false, true),
      ];
    },
  },
  {
    title: 'images and numbers for each channel, each image, each pixel',
    shapes: [
      [3, 4, 2, 6],
      [3, 1, 1, 6],
      [3, 4, 2, 1],
    ],
    compute: ([x, y, z]) => [tf.add(x, tf.range(0, 6)), tf.mul(x, y), tf.sub(z, x), tf.div(x, tf.add(z, 3))],
  },
  {
    title: 'channels of images apart and together',
    shapes: [[2, 3, 3, 7]],
    compute: ([x]) => { const parts = tf.split(x, [5, 2], 3); return [tf.concat([parts[1], x, parts[0]], 3), tf.slice(x, [0, 0, 0, 1], [-1, -1, -1, 3])]; }, // prettier-ignore
  },
  { title: 'images padded', shapes: [[2, 3, 4, 2]], compute: ([x]) => tf.pad(x, [[0, 0], [1, 2], [2, 0], [0, 0]]) }, // prettier-ignore
  {
    title: 'squares of pixels to channels, and back',
    shapes: [[2, 4, 6, 3]],
    compute: ([x]) => {
      const squares = tf.reshape(x, [2, 2, 2, 3, 2, 3]);
      const inner = tf.reshape(tf.transpose(squares, [0, 1, 3, 2, 4, 5]), [2, 2, 3, 12]);
      const outer = tf.transpose(squares, [0, 1, 3, 5, 2, 4]);
      const back = tf.transpose(tf.reshape(inner, [2, 2, 3, 2, 2, 3]), [0, 1, 3, 2, 4, 5]);
      return [inner, outer, tf.reshape(back, [2, 4, 6, 3])];
    },
  },
  {
    title: 'sums over some axes of images',
    shapes: [[3, 4, 5, 7]],
    compute: ([x]) => [
      tf.sum(x, [1, 2]),
      tf.sum(x, [0, 1, 2]),
      tf.mean(x, [1, 2, 3]),
      tf.mean(x, [0, 3], true),
      tf.sum(x, [1, 3]),
      tf.sum(tf.reshape(x, [3, 1, 20, 7]), [1]),
    ],
  },
  { title: 'an input, and one result twice', shapes: [[3, 4]], compute: ([x]) => { const y = tf.square(x); return [x, y, tf.reshape(y, [12])]; } }, // prettier-ignore
];

test.before(() => ready({ backend: 'wasm' }));

for (const { title, shapes, compute, positive } of CASES) {
  test.serial(`as a program: ${title}`, (t) => {
    const stream = new RandomStream(title);
    const values = shapes.map((shape) => stream.normal(sizeOf(shape)).map((v) => (positive ? Math.abs(v) + 0.1 : v)));
    const inputs = shapes.map((shape, i) => tf.tensor(values[i], [...shape]));
    const list = (found: Tensor | Tensor[]) => (Array.isArray(found) ? found : [found]);
    // Rows are cut off one lane at a time; here all of them are one lane, whatever the inputs are.
    const rows = Math.max(...shapes.map(([length]) => length));
    const program = programFor((parts) => list(compute(parts)), inputs.map((x) => x), rows, new Map())!; // prettier-ignore
    t.truthy(program, 'every kernel can be said in calls of the module');
    // Other numbers than those that were seen when the program was written down.
    const others = values.map((array) => array.map((v) => (positive ? v * 1.5 : 0.7 - v)));
    const places = others.map((array) => {
      const address = heap.allocate(4 * array.length);
      heap.floats(address, array.length).set(array);
      return { address, width: 0 };
    });
    const outputs = program.outputShapes.map((shape) => heap.allocate(4 * sizeOf(shape)));
    const tasks = new LaneTasks(heap, [{ start: 0, rows }], new Map([[rows, program]]), places, () => outputs);
    for (const [name, ...args] of tasks.tasks[0]) heap.functions[name](...args);
    const expected = tf.tidy(() => list(compute(others.map((array, i) => tf.tensor(array, [...shapes[i]])))));
    expected.forEach((tensor, i) => {
      t.deepEqual(program.outputShapes[i], tensor.shape);
      assertClose(t, heap.floats(outputs[i], tensor.size), tensor, 1e-6, title);
    });
    tf.dispose([...inputs, ...expected]);
    tasks.free();
    for (const address of [...outputs, ...places.map((place) => place.address)]) heap.free(address);
    t.is(heap.bytes, 0);
    for (const name of program.program.kernelNames) kernelsSeen.add(name);
  });
}

test.serial('no lowering is left out above', (t) => {
  t.deepEqual(
    Object.keys(LOWERINGS).filter((name) => !kernelsSeen.has(name)),
    [],
  );
});
