import { FlowConfigError } from 'tfjs-flows';
import type { Call, Lowerings } from './lowering.js';

/** The last two axes exchanged where asked for. */
function turned({ graph, inputs }: Call, name: string, value: string, transpose: unknown): string {
  if (!transpose) return value;
  const rank = inputs[name].shape.length;
  const perm = Array.from({ length: rank }, (_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
  return graph.add('Transpose', [value], { perm });
}

const ACTIVATIONS: Readonly<Record<string, string>> = {
  relu: 'Relu',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
};

function product(call: Call): string {
  const { graph, names, attributes } = call;
  const a = turned(call, 'a', names['a'], attributes['transposeA']);
  const b = turned(call, 'b', names['b'], attributes['transposeB']);
  return graph.add('MatMul', [a, b]);
}

/** Bias and activation of a fused kernel. */
function finished({ graph, names, attributes, kernel }: Call, value: string): string {
  const biased = names['bias'] ? graph.add('Add', [value, names['bias']]) : value;
  const activation = (attributes['activation'] as string | undefined) ?? 'linear';
  if (activation === 'linear') return biased;
  if (activation in ACTIVATIONS) return graph.add(ACTIVATIONS[activation], [biased]);
  if (activation === 'leakyrelu') return graph.add('LeakyRelu', [biased], { alpha: { float: attributes['leakyreluAlpha'] as number } }); // prettier-ignore
  throw new FlowConfigError('exportOnnx', {
    expected: 'operations that ONNX has',
    got: `${kernel} with ${activation}`,
  });
}

/** Images have their channels last here, and first there. */
function convolution({ graph, names, attributes, inputs, kernel }: Call): string {
  const { strides, pad, dilations, dataFormat } = attributes as Record<string, unknown>;
  const refuse = (got: string) => new FlowConfigError('exportOnnx', { expected: 'operations that ONNX has', got: `${kernel} with ${got}` }); // prettier-ignore
  if (dataFormat !== 'NHWC') throw refuse(String(dataFormat));
  const pair = (value: unknown) => (typeof value === 'number' ? [value, value] : (value as number[]));
  const [height, width] = inputs['filter'].shape as number[];
  const [sh, sw] = pair(strides);
  const [dh, dw] = pair(dilations ?? 1);
  if (pad === 'same' && (sh !== 1 || sw !== 1)) throw refuse('strides and padding "same"');
  const spare = [dh * (height - 1), dw * (width - 1)];
  const before = spare.map((length) => Math.floor(length / 2));
  const pads = pad === 'same' ? [...before, spare[0] - before[0], spare[1] - before[1]] : pad === 'valid' ? [0, 0, 0, 0] : padsOf(pad); // prettier-ignore
  const x = graph.add('Transpose', [names['x']], { perm: [0, 3, 1, 2] });
  const filter = graph.add('Transpose', [names['filter']], { perm: [3, 2, 0, 1] });
  const y = graph.add('Conv', [x, filter], { strides: [sh, sw], dilations: [dh, dw], pads });
  return graph.add('Transpose', [y], { perm: [0, 2, 3, 1] });
}

/** Explicit paddings, `[[0, 0], [top, bottom], [left, right], [0, 0]]` or one number. */
function padsOf(pad: unknown): number[] {
  if (typeof pad === 'number') return [pad, pad, pad, pad];
  const [, [top, bottom], [left, right]] = pad as [number, number][];
  return [top, left, bottom, right];
}

/** Products of matrices, and convolutions. */
export const PRODUCTS: Lowerings = {
  BatchMatMul: (call) => [product(call)],
  _FusedMatMul: (call) => [finished(call, product(call))],
  Conv2D: (call) => [convolution(call)],
  FusedConv2D: (call) => [finished(call, convolution(call))],
};
