import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { RandomStream } from '../../../src/index.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';

const SIZES: Record<string, number> = { b: 2, h: 3, i: 4, j: 5, k: 3, l: 1 };

const EQUATIONS = [
  ...['ij->ij', 'ij->ji', 'ij->i', 'ij->', 'bij->jb', '->', 'i->i'],
  ...['ij,jk->ik', 'ij,jk->ki', 'bij,bjk->bik', 'bij,jk->bik', 'bhij,bhkj->bihk', 'i,i->', 'i,j->ij', 'i,j->ji'],
  ...[
    'ij,ij->ij',
    'ij,ij->i',
    'ij,ji->',
    'ij,k->ik',
    'i,ij->i',
    'ij,jk->',
    'ij,->ij',
    ',ij->j',
    'bi,bi->b',
    'jl,lk->jk',
  ],
];

interface Problem {
  readonly equation: string;
  readonly terms: string[];
  readonly result: string;
  readonly operands: Float32Array[];
  readonly weights: Float32Array;
}

function shapeOf(labels: string): number[] {
  return [...labels].map((label) => SIZES[label]);
}

function problem(equation: string): Problem {
  const [before, result] = equation.split('->');
  const stream = new RandomStream(equation);
  const draw = (labels: string) => Float32Array.from(stream.normal(tf.util.sizeFromShape(shapeOf(labels))));
  const terms = before.split(',');
  return { equation, terms, result, operands: terms.map(draw), weights: draw(result) };
}

/** Value and gradients of `Σ w y` in float64, by a loop over all labels. */
function inFloat64({ terms, result, operands, weights }: Problem) {
  const labels = [...new Set([...terms.join(''), ...result])];
  const offset = (term: string, at: Map<string, number>) =>
    [...term].reduce((place, label) => place * SIZES[label] + at.get(label)!, 0);
  const value = new Float64Array(weights.length);
  const gradients = operands.map((operand) => new Float64Array(operand.length));
  const visit = (depth: number, at: Map<string, number>): void => {
    if (depth < labels.length) {
      for (let i = 0; i < SIZES[labels[depth]]; i++) visit(depth + 1, at.set(labels[depth], i));
      return;
    }
    const places = terms.map((term) => offset(term, at));
    const factors = operands.map((operand, i) => operand[places[i]]);
    const out = offset(result, at);
    value[out] += factors.reduce((a, b) => a * b, 1);
    gradients.forEach((gradient, i) => {
      gradient[places[i]] += weights[out] * factors.reduce((product, f, j) => (j === i ? product : product * f), 1);
    });
  };
  visit(0, new Map());
  return { value, gradients };
}

for (const equation of EQUATIONS) {
  onEachBackend(test, `${equation} and its gradients`, (t) => {
    const p = problem(equation);
    const exact = inFloat64(p);
    tf.tidy(() => {
      const operands = p.operands.map((values, i) => tf.tensor(values, shapeOf(p.terms[i])));
      const y = tf.einsum(equation, ...operands);
      t.deepEqual(y.shape, shapeOf(p.result));
      assertClose(t, y, exact.value, 1e-5, 'value');
      const weights = tf.tensor(p.weights, shapeOf(p.result));
      const gradients = tf.grads((...args: Tensor[]) => tf.sum(tf.mul(tf.einsum(equation, ...args), weights)))(
        operands,
      );
      gradients.forEach((gradient, i) => assertClose(t, gradient, exact.gradients[i], 1e-5, `operand ${i}`));
    });
  });
}

onEachBackend(test, 'derivatives of second and third order', (t) => {
  // f = Σ_ij (Σ_k a_ik b_kj)³ at one entry each: f = (a b)³ in scalars, f''' = 6 b³ in a.
  tf.tidy(() => {
    const b = tf.tensor2d([[2]]);
    const tower = [(a: Tensor) => tf.sum(tf.pow(tf.einsum('ik,kj->ij', a, b), 3)) as Tensor];
    for (let order = 1; order <= 3; order++) tower.push((a) => tf.sum(tf.grad(tower[order - 1])(a)));
    const values = tower.map((f) => f(tf.tensor2d([[1.5]])).dataSync()[0]);
    assertClose(t, values, [27, 54, 72, 48], 1e-5);
  });
  tf.tidy(() => {
    // The gradient of ‖dA‖² for Σ (A B)²: dA = 2 A B Bᵀ, so ∂‖dA‖²/∂A = 8 A (B Bᵀ)².
    const stream = new RandomStream('nested');
    const [a, b] = [stream.normalTensor([3, 4]), stream.normalTensor([4, 2])];
    const slope = tf.grad((x: Tensor) => tf.sum(tf.square(tf.einsum('ik,kj->ij', x, b))));
    const actual = tf.grad((x: Tensor) => tf.sum(tf.square(slope(x))))(a);
    const gram = tf.matMul(b, b, false, true) as Tensor;
    assertClose(t, actual, tf.mul(8, tf.matMul(tf.matMul(a, gram), gram)), 1e-4);
  });
});

onEachBackend(test, 'what is not supported is said', (t) => {
  tf.tidy(() => {
    const x = tf.ones([2, 3]);
    const cases: [RegExp, string, ...Tensor[]][] = [
      [/exactly one arrow/, 'ij', x],
      [/exactly one arrow/, 'ij->j->i', x],
      [/ellipsis, which is not supported/, '...j->j', x],
      [/names 2 operands, but got 1/, 'ij,jk->ik', x],
      [/more than two operands, which is not supported/, 'ij,ij,ij->ij', x, x, x],
      [/names an axis of 'ii' twice/, 'ii->i', tf.ones([2, 2])],
      [/names an axis of the result 'ii' twice/, 'ij->ii', x],
      [/labels 3 axes of an operand of shape \[2, 3\]/, 'ijk->i', x],
      [/gives 'j' the lengths 3 and 2/, 'ij,jk->ik', x, x],
      [/'k' in the result only/, 'ij->ijk', x],
    ];
    for (const [message, equation, ...operands] of cases) {
      t.throws(() => tf.einsum(equation, ...operands), { message }, equation);
    }
  });
});

onEachBackend(test, 'operands without numbers', (t) => {
  tf.tidy(() => {
    t.deepEqual(tf.einsum('ij,jk->ik', tf.ones([0, 3]), tf.ones([3, 2])).shape, [0, 2]);
    t.deepEqual([...tf.einsum('ij,jk->ik', tf.ones([1, 0]), tf.ones([0, 2])).dataSync()], [0, 0]);
  });
});

onEachBackend(test, 'no tensor is left behind', (t) => {
  const [a, b] = [tf.ones([2, 3]), tf.ones([3, 4])];
  const before = tf.memory();
  tf.dispose(tf.grads((x: Tensor, y: Tensor) => tf.sum(tf.einsum('ij,jk->ki', x, y)))([a, b]));
  t.is(tf.memory().numTensors, before.numTensors);
  t.is(tf.memory().numDataBuffers, before.numDataBuffers);
  tf.dispose([a, b]);
});
