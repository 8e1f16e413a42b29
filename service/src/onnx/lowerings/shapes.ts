import { FlowConfigError } from 'tfjs-flows';
import { ELEMENT_TYPES } from '../model-proto.js';
import { isOfBatch, type Length } from '../symbolic.js';
import { axesOf, listed, type Call, type Lowering, type Lowerings } from './lowering.js';

/** Past the end of any axis. */
const END = 2 ** 31 - 1;

const reshape: Lowering = ({ graph, names, outputs }) => [
  reshaped(graph, names['x'] ?? names['input'], outputs[0].shape),
];

/** Kernels that move numbers about. */
export const SHAPES: Lowerings = {
  Concat: (call) => [call.graph.add('Concat', listed(call), { axis: axesOf(call.attributes['axis'], call.outputs[0].shape.length)[0] })],
  ExpandDims: reshape,
  Fill: ({ graph, attributes, outputs }) => {
    const { dtype, shape } = outputs[0];
    const value = attributes['value'] as number;
    return [graph.add('Expand', [dtype === 'float32' ? graph.float(value) : graph.ints([value]), graph.lengths(shape)])];
  },
  GatherV2: ({ graph, names, inputs, attributes }) => {
    if (attributes['batchDims']) throw refuse('GatherV2 with batches of indices');
    return [graph.add('Gather', [names['x'], names['indices']], { axis: axesOf(attributes['axis'], inputs['x'].shape.length)[0] })];
  },
  GatherNd: ({ graph, names }) => [graph.add('GatherND', [names['params'], graph.add('Cast', [names['indices']], { to: ELEMENT_TYPES.int64 })])],
  OneHot: ({ graph, names, attributes, outputs }) => {
    const [on, off] = [attributes['onValue'] as number, attributes['offValue'] as number];
    const values = outputs[0].dtype === 'float32' ? graph.floats([off, on], [2]) : graph.ints([off, on], [2]);
    return [graph.add('OneHot', [names['indices'], graph.longs([attributes['depth'] as number]), values])];
  },
  OnesLike: ({ graph, outputs }) => [graph.add('Expand', [outputs[0].dtype === 'float32' ? graph.float(1) : graph.ints([1]), graph.lengths(outputs[0].shape)])],
  Pack: (call) => {
    const { graph, attributes, outputs } = call;
    const axis = axesOf(attributes['axis'], outputs[0].shape.length)[0];
    const parts = listed(call).map((name) => graph.add('Unsqueeze', [name, graph.longs([axis])]));
    return [graph.add('Concat', parts, { axis })];
  },
  PadV2: ({ graph, names, attributes, outputs }) => {
    const paddings = attributes['paddings'] as [number, number][];
    const value = (attributes['constantValue'] as number | undefined) ?? 0;
    const pads = graph.longs([...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]);
    return [graph.add('Pad', [names['x'], pads, outputs[0].dtype === 'float32' ? graph.float(value) : graph.ints([value])])];
  },
  Range: ({ graph, attributes, outputs }) => {
    const [start, step] = [attributes['start'] as Length, attributes['step'] as Length];
    const [length] = outputs[0].shape;
    if (isOfBatch(start) || isOfBatch(step) || isOfBatch(length)) throw refuse('a range as long as the rows');
    const values = Array.from({ length }, (_, i) => start + i * step);
    return [outputs[0].dtype === 'float32' ? graph.floats(values, [length]) : graph.ints(values, [length])];
  },
  Reshape: reshape,
  Reverse: ({ graph, names, inputs, attributes }) => {
    const axes = axesOf(attributes['dims'], inputs['x'].shape.length);
    const all = (value: number) => graph.longs(axes.map(() => value));
    return [graph.add('Slice', [names['x'], all(-1), all(-END), graph.longs(axes), all(-1)])];
  },
  Slice: ({ graph, names, attributes, inputs, outputs }) => {
    const begin = attributes['begin'] as Length[];
    const axes = inputs['x'].shape.map((_, axis) => axis);
    const ends = outputs[0].shape.map((length, axis) => sum(begin[axis], length));
    return [graph.add('Slice', [names['x'], graph.lengths(begin), graph.lengths(ends), graph.longs(axes)])];
  },
  SplitV: ({ graph, names, inputs, attributes, outputs }) => {
    const axis = axesOf(attributes['axis'], inputs['x'].shape.length)[0];
    return graph.addAll('Split', [names['x'], graph.lengths(outputs.map(({ shape }) => shape[axis]))], outputs.length, { axis });
  },
  StridedSlice: (call) => [stridedSlice(call)],
  Tile: ({ graph, names, attributes }) => [graph.add('Tile', [names['x'], graph.lengths(attributes['reps'] as Length[])])],
  Transpose: ({ graph, names, attributes }) => [graph.add('Transpose', [names['x']], { perm: attributes['perm'] as number[] })],
  Unpack: ({ graph, names, inputs, attributes, outputs }) => {
    const axis = axesOf(attributes['axis'], inputs['value'].shape.length)[0];
    const parts = graph.addAll('Split', [names['value'], graph.longs(outputs.map(() => 1))], outputs.length, { axis });
    return parts.map((part) => graph.add('Squeeze', [part, graph.longs([axis])]));
  },
  ZerosLike: ({ graph, outputs }) => [graph.add('Expand', [outputs[0].dtype === 'float32' ? graph.float(0) : graph.ints([0]), graph.lengths(outputs[0].shape)])],
}; // prettier-ignore

/** One length may be left to be found. */
export function reshaped(graph: Call['graph'], name: string, shape: readonly Length[]): string {
  const open = shape.filter(isOfBatch).length;
  const lengths = open === 1 ? graph.longs(shape.map((length) => (isOfBatch(length) ? -1 : length))) : graph.lengths(shape); // prettier-ignore
  return graph.add('Reshape', [name, lengths]);
}

function stridedSlice({ graph, names, inputs, attributes, outputs }: Call): string {
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask } = attributes as Record<string, Length[] | number>; // prettier-ignore
  if (ellipsisMask || newAxisMask) throw refuse('a strided slice with new axes');
  const [from, to, by] = [begin as Length[], end as Length[], strides as number[]];
  const masked = (mask: unknown, axis: number) => ((mask as number) & (1 << axis)) !== 0;
  const starts = from.map((value, axis) => (masked(beginMask, axis) ? (by[axis] < 0 ? END : 0) : value));
  const ends = to.map((value, axis) => (masked(endMask, axis) ? (by[axis] < 0 ? -END : END) : value));
  const axes = inputs['x'].shape.map((_, axis) => axis).slice(0, from.length);
  const sliced = graph.add('Slice', [names['x'], graph.lengths(starts), graph.lengths(ends), graph.longs(axes), graph.longs(by)]); // prettier-ignore
  return reshaped(graph, sliced, outputs[0].shape);
}

function sum(a: Length, b: Length): Length {
  const of = (length: Length) => (isOfBatch(length) ? length : { times: 0, plus: length });
  const [x, y] = [of(a), of(b)];
  const times = x.times + y.times;
  return times === 0 ? x.plus + y.plus : { times, plus: x.plus + y.plus };
}

function refuse(got: string): FlowConfigError {
  return new FlowConfigError('exportOnnx', { expected: 'operations that ONNX has', got });
}
