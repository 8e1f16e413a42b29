import { axesOf, type Call, type Lowerings } from './lowering.js';

/** Sums take their axes as an input, the others as an attribute. */
function reduce({ graph, names, inputs, attributes }: Call, op: string): string {
  const rank = inputs['x'].shape.length;
  const axes = axesOf(attributes['axis'], rank);
  const keepdims = attributes['keepDims'] ? 1 : 0;
  if (axes.length === 0) return graph.add('Identity', [names['x']]);
  return op === 'ReduceSum' ? graph.add(op, [names['x'], graph.longs(axes)], { keepdims }) : graph.add(op, [names['x']], { axes, keepdims }); // prettier-ignore
}

const along = (op: string) => (call: Call) => [reduce(call, op)];

/** Of booleans, by numbers. */
const ofBooleans = (op: string) => (call: Call) => {
  const { graph, names } = call;
  const numbers = graph.add('Cast', [names['x']], { to: 6 });
  return [graph.add('Cast', [reduce({ ...call, names: { ...names, x: numbers } }, op)], { to: 9 })];
};

/** Kernels that reduce axes, or run along one. */
export const REDUCTIONS: Lowerings = {
  All: ofBooleans('ReduceMin'),
  Any: ofBooleans('ReduceMax'),
  ArgMax: ({ graph, names, inputs, attributes }) => [
    graph.add('Cast', [graph.add('ArgMax', [names['x']], { axis: axesOf(attributes['axis'], inputs['x'].shape.length)[0], keepdims: 0 })], { to: 6 }),
  ],
  Cumsum: ({ graph, names, inputs, attributes }) => [
    graph.add('CumSum', [names['x'], graph.longs(axesOf(attributes['axis'], inputs['x'].shape.length))], { exclusive: attributes['exclusive'] ? 1 : 0, reverse: attributes['reverse'] ? 1 : 0 }),
  ],
  Max: along('ReduceMax'),
  Mean: along('ReduceMean'),
  Min: along('ReduceMin'),
  Prod: along('ReduceProd'),
  Softmax: ({ graph, names, attributes, inputs }) => [
    graph.add('Softmax', [names['logits']], { axis: axesOf((attributes['dim'] as number | undefined) ?? -1, inputs['logits'].shape.length)[0] }),
  ],
  Sum: along('ReduceSum'),
}; // prettier-ignore
