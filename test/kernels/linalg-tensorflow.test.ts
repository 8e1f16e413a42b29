import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import test from 'ava';
import { ready } from '../../src/index.js';
import type { NativeAttribute, TensorFlowBackend } from '../../src/kernels/fused/tensorflow.js';
import { inverseOp } from '../../src/kernels/inverse/op.js';
import { slogdetOp } from '../../src/kernels/slogdet/op.js';
import { solveOp } from '../../src/kernels/solve/op.js';
import { triangularSolveOp } from '../../src/kernels/triangular-solve/op.js';

test.before(() => ready({ backend: 'cpu' }));

/** Stands in for the native backend: writes down what it is asked for and answers with tensors made beforehand. */
class StandIn implements TensorFlowBackend {
  readonly binding = { TF_ATTR_TYPE: 10, TF_ATTR_BOOL: 11, TF_FLOAT: 12 };
  readonly calls: { name: string; attributes: NativeAttribute[]; inputs: number[][]; outputs: number }[] = [];

  constructor(private readonly answer: () => Tensor[]) {}

  executeMultipleOutputs(name: string, attributes: NativeAttribute[], inputs: TensorInfo[], outputs: number): Tensor[] {
    this.calls.push({ name, attributes, inputs: inputs.map((x) => [...(x as Tensor).dataSync()]), outputs });
    return this.answer();
  }
}

const type: NativeAttribute = { name: 'T', type: 10, value: 12 };
const flag = (name: string, value: boolean): NativeAttribute => ({ name, type: 11, value });
const valuesOf = (list: TensorInfo[]) => list.map((x) => [...(x as Tensor).dataSync()]);

const a = () => tf.tensor3d([2, 1, 0, 4, NaN, 0, 0, 1], [2, 2, 2]);
const b = () => tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);

test.serial('determinants come from LogMatrixDeterminant, in the order that it returns', (t) => {
  tf.tidy(() => {
    const backend = new StandIn(() => [tf.tensor1d([1, 1]), tf.tensor1d([-Infinity, 5])]);
    t.deepEqual(valuesOf(slogdetOp.tensorflow!([a()], {}, backend)), [[0, NaN], [-Infinity, NaN]]); // prettier-ignore
    t.like(backend.calls[0], { name: 'LogMatrixDeterminant', attributes: [type], outputs: 2 });
  });
});

test.serial('inverses and solutions come from MatrixInverse and MatrixSolve', (t) => {
  tf.tidy(() => {
    const answer = () => [tf.tensor3d([1, 2, 3, Infinity, 5, 6, 7, 8], [2, 2, 2])];
    const expected = [[1, NaN, 3, NaN, NaN, NaN, NaN, NaN]];
    const inverting = new StandIn(answer);
    t.deepEqual(valuesOf(inverseOp.tensorflow!([a()], {}, inverting)), expected);
    t.like(inverting.calls[0], { name: 'MatrixInverse', attributes: [type, flag('adjoint', false)], outputs: 1 });
    for (const adjoint of [false, true]) {
      const solving = new StandIn(answer);
      t.deepEqual(valuesOf(solveOp.tensorflow!([a(), b()], { adjoint }, solving)), expected);
      t.like(solving.calls[0], { name: 'MatrixSolve', attributes: [type, flag('adjoint', adjoint)] });
      t.deepEqual(solving.calls[0].inputs, valuesOf([a(), b()]));
    }
  });
});

test.serial('substitution comes from MatrixTriangularSolve, with ones put on a unit diagonal', (t) => {
  tf.tidy(() => {
    for (const unitDiagonal of [false, true]) {
      const backend = new StandIn(() => [b()]);
      const attributes = { lower: false, adjoint: true, unitDiagonal };
      const [x] = valuesOf(triangularSolveOp.tensorflow!([a(), b()], attributes, backend));
      t.deepEqual(x, unitDiagonal ? [1, 2, 3, 4, 5, 6, 7, 8] : [1, 2, 3, 4, NaN, NaN, NaN, NaN]);
      const flags = [type, flag('lower', false), flag('adjoint', true)];
      t.like(backend.calls[0], { name: 'MatrixTriangularSolve', attributes: flags });
      t.deepEqual(backend.calls[0].inputs[0], unitDiagonal ? [1, 1, 0, 1, 1, 0, 0, 1] : [2, 1, 0, 4, NaN, 0, 0, 1]);
    }
  });
});

test.serial('the reference steps in where TensorFlow refuses or cannot be called', (t) => {
  tf.tidy(() => {
    const refusing = new StandIn(() => {
      throw new Error('Input matrix is not invertible.');
    });
    for (const backend of [refusing, {} as TensorFlowBackend]) {
      const singular = tf.tensor3d([1, 1, 1, 1, 2, 0, 0, 4], [2, 2, 2]);
      t.deepEqual(valuesOf(inverseOp.tensorflow!([singular], {}, backend)), [[NaN, NaN, NaN, NaN, 0.5, 0, 0, 0.25]]);
      t.deepEqual(valuesOf(slogdetOp.tensorflow!([singular], {}, backend))[0], [0, 1]);
    }
    t.is(refusing.calls.length, 2);
  });
});
