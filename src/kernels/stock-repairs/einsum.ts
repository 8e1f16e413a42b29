import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, KernelConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../shapes.js';

/**
 * `tf.einsum` as a product of matrices: labels that only one operand has and the result has not are summed at once; the
 * others name batches, rows, columns, or what the product sums over.
 *
 * TF.js's own kernels form the whole outer product before they sum it, and leave out an operand of which no label is
 * summed while one of the other is: `ij,k->ik` does not depend on the second operand there.
 */
export function einsum(equation: string, operands: readonly Tensor[]): Tensor {
  const { terms, result, sizes } = parse(equation, operands);
  if (operands.some(({ size }) => size === 0)) return tf.zeros([...result].map((label) => sizes.get(label)!));
  if (operands.length === 1) return arrange(sumOut(operands[0], terms[0], result), kept(terms[0], result), result);
  const [left, right] = terms.map((term, i) => kept(term, result + terms[1 - i]));
  const [a, b] = operands.map((operand, i) => sumOut(operand, terms[i], result + terms[1 - i]));
  const shared = kept(left, right);
  const batch = kept(shared, result);
  const summed = without(shared, result);
  const [rows, columns] = [without(left, shared), without(right, shared)];
  const matrices = (x: Tensor, labels: string, [first, second]: [string, string]) =>
    tf.reshape(
      arrange(x, labels, batch + first + second),
      [batch, first, second].map((part) => sizeOfLabels(part, sizes)),
    );
  const product = tf.matMul(matrices(a, left, [rows, summed]), matrices(b, right, [summed, columns]));
  const labels = batch + rows + columns;
  return arrange(
    tf.reshape(
      product,
      [...labels].map((label) => sizes.get(label)!),
    ),
    labels,
    result,
  );
}

/** {@link einsum} as TF.js's kernel of a backend. */
export function einsumKernel(backendName: string): KernelConfig {
  return {
    kernelName: tf.Einsum,
    backendName,
    kernelFunc: ({ inputs, attrs }) =>
      tf.tidy(() => einsum((attrs as { equation: string }).equation, inputs as unknown as Tensor[])),
  };
}

/**
 * The gradient of `tf.einsum`, by `tf.einsum`: for `a, b -> y`, `da = einsum(y, b -> a)` and likewise for `b`. Along labels
 * that only one operand has and `y` has not, its gradient is constant.
 */
export const einsumGradient: GradConfig = {
  kernelName: tf.Einsum,
  saveAllInputs: true,
  gradFunc: (dy, saved, attributes: NamedAttrMap) => {
    const { terms, result } = parse(attributes.equation as string, saved);
    return saved.map((operand, i) => () => {
      const others = terms.filter((_, j) => j !== i);
      const known = kept(terms[i], [result, ...others].join(''));
      const equation = `${[result, ...others].join(',')}->${known}`;
      const gradient = tf.einsum(equation, dy as Tensor, ...saved.filter((_, j) => j !== i));
      const shape = [...terms[i]].map((label, axis) => (known.includes(label) ? operand.shape[axis] : 1));
      return tf.mul(tf.reshape(gradient, shape), tf.ones(operand.shape));
    }) as never;
  },
};

/** An equation `ij,jk->ik`: the labels of each operand and of the result, and what lengths they stand for. */
function parse(equation: string, operands: readonly Tensor[]) {
  const fail = (message: string): never => {
    throw new Error(`einsum '${equation}' ${message}.`);
  };
  const [before, result, ...rest] = equation.replace(/\s/g, '').split('->');
  if (result === undefined || rest.length > 0) fail('must have exactly one arrow');
  if (equation.includes('...')) fail('has an ellipsis, which is not supported: give every axis a label');
  const terms = before.split(',');
  if (terms.length !== operands.length) fail(`names ${terms.length} operands, but got ${operands.length}`);
  if (terms.length > 2) fail('has more than two operands, which is not supported: contract two at a time');
  const sizes = new Map<string, number>();
  terms.forEach((term, i) => {
    const { shape } = operands[i];
    if (new Set(term).size !== term.length) fail(`names an axis of '${term}' twice, which is not supported`);
    if (term.length !== shape.length) fail(`labels ${term.length} axes of an operand of shape [${shape.join(', ')}]`);
    [...term].forEach((label, axis) => {
      const size = sizes.get(label) ?? shape[axis];
      if (size !== shape[axis]) fail(`gives '${label}' the lengths ${size} and ${shape[axis]}`);
      sizes.set(label, size);
    });
  });
  if (new Set(result).size !== result.length) fail(`names an axis of the result '${result}' twice`);
  for (const label of result) if (!sizes.has(label)) fail(`has '${label}' in the result only`);
  return { terms, result, sizes };
}

/** The labels that `others` has too. */
function kept(labels: string, others: string): string {
  return [...labels].filter((label) => others.includes(label)).join('');
}

function without(labels: string, others: string): string {
  return [...labels].filter((label) => !others.includes(label)).join('');
}

/** Sums over all labels that nobody else needs. */
function sumOut(x: Tensor, labels: string, needed: string): Tensor {
  const axes = [...labels].flatMap((label, axis) => (needed.includes(label) ? [] : [axis]));
  return axes.length === 0 ? x : tf.sum(x, axes);
}

/** Transposes to another order of the labels. */
function arrange(x: Tensor, from: string, to: string): Tensor {
  return from === to
    ? tf.clone(x)
    : tf.transpose(
        x,
        [...to].map((label) => from.indexOf(label)),
      );
}

function sizeOfLabels(labels: string, sizes: ReadonlyMap<string, number>): number {
  return sizeOf([...labels].map((label) => sizes.get(label)!));
}
