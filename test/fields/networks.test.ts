import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { MLPField, RandomStream, ResidualField, type TimeForm } from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { golden } from '../support/golden.js';
import { shake } from './samples.js';

const TIME_FORMS: readonly TimeForm[] = ['concat', 'concatAll', 'gated', 'concatSquash'];

interface FlowCase {
  D: number;
  hidden: number;
  W: number[][][];
  b: number[][];
  x: number[][];
  fProbe: number[][];
  divProbe: number[];
}

onEachBackend(test, 'golden fields and divergences, at t = 0.25', (t) => {
  for (const { D, hidden, W, b, x, fProbe, divProbe } of golden<FlowCase>('cnf').cases) {
    tf.tidy(() => {
      const field = new MLPField({ dims: D, hidden: [hidden, hidden] });
      const parameter = (path: string) => field.parameters.find((one) => one.path === path)!.variable;
      ['dense0', 'dense1', 'output'].forEach((layer, i) => {
        // Rows of the reference are outputs, and its last column of the first layer is time.
        const kernel = tf.transpose(tf.tensor2d(W[i].map((row) => (i === 0 ? row.slice(0, D) : row))));
        parameter(`${layer}.kernel`).assign(kernel);
        parameter(`${layer}.bias`).assign(tf.tensor1d(b[i]));
      });
      parameter('dense0.time').assign(tf.tensor2d([W[0].map((row) => row[D])]));
      const [velocity, divergence] = field.rates(tf.fill([1, 1], 0.25), tf.tensor2d(x), null, null, ['divergence']);
      assertClose(t, velocity, fProbe.flat(), 1e-5);
      assertClose(t, divergence, divProbe, 1e-5);
      field.dispose();
    });
  }
});

onEachBackend(test, 'parameter counts are those of the layers', (t) => {
  const layer = (inputs: number, outputs: number) => (inputs + 1) * outputs;
  const table = [
    [new MLPField({ dims: 2 }), 8706],
    [new MLPField({ dims: 3, hidden: [5], contextShape: [2, 2] }), layer(3 + 1 + 4, 5) + layer(5, 3)],
    [new MLPField({ dims: 3, hidden: [5, 6], time: 'concatAll' }), layer(4, 5) + layer(6, 6) + layer(7, 3)],
    [new MLPField({ dims: 3, hidden: [5], time: 'gated' }), layer(3, 5) + layer(5, 3) + 2 * (5 + 3)],
    [new MLPField({ dims: 3, hidden: [5], time: 'concatSquash' }), layer(3, 5) + layer(5, 3) + 3 * (5 + 3)],
    [new ResidualField({ dims: 2, hidden: 5, blocks: 3 }), layer(3, 5) + 6 * layer(5, 5) + layer(5, 2)],
  ] as const;
  for (const [field, count] of table) {
    t.is(field.parameterCount, count, JSON.stringify(field.getConfig()));
    field.dispose();
  }
});

onEachBackend(test, 'layers are the formulas of their time form', (t) => {
  const z = [0.3, -1.2];
  const context = 0.7;
  const time = 0.6;
  const sigmoid = (u: number) => 1 / (1 + Math.exp(-u));
  for (const form of TIME_FORMS) {
    tf.tidy(() => {
      const field = new MLPField({ dims: 2, hidden: [3], time: form, contextShape: [1] });
      shake(field);
      const values = (path: string) => field.parameters.find((one) => one.path === path)?.variable.dataSync() ?? [];
      const layer = (name: string, x: number[], width: number) =>
        Array.from({ length: width }, (_, j) => {
          const [kernel, bias, slope] = [values(`${name}.kernel`), values(`${name}.bias`), values(`${name}.time`)];
          const [gateSlope, gateBias] = [values(`${name}.gateSlope`), values(`${name}.gateBias`)];
          const withContext = (values(`${name}.context`)[j] ?? 0) * context;
          const u = x.reduce((sum, entry, i) => sum + entry * kernel[i * width + j], bias[j]) + withContext;
          const gate = gateSlope.length > 0 ? sigmoid(gateSlope[j] * time + gateBias[j]) : 1;
          return u * gate + (slope[j] ?? 0) * time;
        });
      const expected = layer('output', layer('dense0', z, 3).map(Math.tanh), 2);
      const rows = tf.tensor2d([...z, ...z], [2, 2]);
      const contexts = tf.fill([2, 1], context);
      const [atOnce, byRow] = [tf.fill([1, 1], time), tf.fill([2, 1], time)].map((t) => field.apply(t, rows, contexts));
      assertClose(t, atOnce, [...expected, ...expected], 1e-5, form);
      assertClose(t, byRow, [...expected, ...expected], 1e-5, `${form}, by row`);
      field.dispose();
    });
  }
});

onEachBackend(test, 'an initial output of zero makes every velocity zero, and learns', (t) => {
  for (const time of TIME_FORMS) {
    for (const Class of [MLPField, ResidualField] as const) {
      tf.tidy(() => {
        const hidden = Class === MLPField ? [4, 4] : 4;
        const field = new Class({ dims: 2, hidden, time, initialOutput: 'zero' } as never);
        const z = new RandomStream(1).normalTensor([3, 2]);
        const velocity = (at: Tensor) => field.apply(0.7, at);
        t.true(velocity(z).dataSync().every((value) => value === 0)); // prettier-ignore
        const { grads } = tf.variableGrads(() => tf.sum(tf.square(tf.sub(velocity(z), z))), field.trainableVariables);
        const kernel = field.parameters.find(({ path }) => path === 'output.kernel')!.variable;
        t.true(grads[kernel.name].dataSync().some((value) => value !== 0));
        field.dispose();
      });
    }
  }
});

test.serial('a layer is one product on dual numbers, in every time form with one time for all rows', (t) => {
  tf.tidy(() => {
    for (const time of TIME_FORMS) {
      const field = new MLPField({ dims: 2, hidden: [4, 4, 4], time });
      const z = tf.zeros([5, 2]);
      const at = tf.fill([1, 1], 0.5);
      field.rates(at, z, null, null, ['divergence']);
      const { kernelNames, kernels } = profile(() => field.rates(at, z, null, null, ['divergence']));
      t.is(kernelNames.filter((name) => name === 'TfjsFlowsDualDense').length, 4, time);
      // Directions, points beside them, values apart from products; products with directions, and their sum.
      if (time === 'concat') t.true(kernels <= 4 + 4 + 7, `${kernels}: ${kernelNames.join(' ')}`);
      field.dispose();
    }
  });
});

/** Kernels that run meanwhile, but for reshaping. */
function profile(body: () => void): { kernelNames: string[]; kernels: number } {
  const engine = tf.engine();
  const { runKernel } = Object.getPrototypeOf(engine) as typeof engine;
  const names: string[] = [];
  engine.runKernel = ((...call: Parameters<typeof runKernel>) => {
    names.push(call[0]);
    return runKernel.apply(engine, call);
  }) as typeof runKernel;
  try {
    body();
  } finally {
    delete (engine as Partial<typeof engine>).runKernel;
  }
  const kernelNames = names.filter((name) => name !== 'Reshape' && name !== 'Identity');
  return { kernelNames, kernels: kernelNames.length };
}
