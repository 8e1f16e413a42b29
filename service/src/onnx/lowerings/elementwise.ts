import type { GraphBuilder } from '../graph-builder.js';
import { ELEMENT_TYPES } from '../model-proto.js';
import type { Call, Lowering, Lowerings } from './lowering.js';

/** Kernels of one input `x` that ONNX has under a name. */
const UNARY: Readonly<Record<string, string>> = {
  Abs: 'Abs', Acos: 'Acos', Acosh: 'Acosh', Asin: 'Asin', Asinh: 'Asinh', Atan: 'Atan', Atanh: 'Atanh', Ceil: 'Ceil', Cos: 'Cos', Cosh: 'Cosh', Erf: 'Erf',
  Exp: 'Exp', Floor: 'Floor', IsNan: 'IsNaN', IsInf: 'IsInf', Log: 'Log', LogicalNot: 'Not', Neg: 'Neg', Reciprocal: 'Reciprocal', Relu: 'Relu', Round: 'Round',
  Sigmoid: 'Sigmoid', Sign: 'Sign', Sin: 'Sin', Sinh: 'Sinh', Softplus: 'Softplus', Sqrt: 'Sqrt', Tan: 'Tan', Tanh: 'Tanh',
}; // prettier-ignore

/** Kernels of `a` and `b`. */
const BINARY: Readonly<Record<string, string>> = {
  Add: 'Add', Sub: 'Sub', Multiply: 'Mul', RealDiv: 'Div', Maximum: 'Max', Minimum: 'Min', Pow: 'Pow', Greater: 'Greater', GreaterEqual: 'GreaterOrEqual',
  Less: 'Less', LessEqual: 'LessOrEqual', LogicalAnd: 'And', LogicalOr: 'Or', Equal: 'Equal',
}; // prettier-ignore

const unary = (op: string): Lowering => ({ graph, names }) => [graph.add(op, [names['x']])]; // prettier-ignore
const binary = (op: string): Lowering => ({ graph, names }) => [graph.add(op, [names['a'], names['b']])]; // prettier-ignore

/** Kernels that work number by number. */
export const ELEMENTWISE: Lowerings = {
  ...Object.fromEntries(Object.entries(UNARY).map(([kernel, op]) => [kernel, unary(op)])),
  ...Object.fromEntries(Object.entries(BINARY).map(([kernel, op]) => [kernel, binary(op)])),
  AddN: (call) => [call.graph.add('Sum', Object.values(call.names))],
  Cast: ({ graph, names, attributes }) => [
    graph.add('Cast', [names['x']], { to: ELEMENT_TYPES[attributes['dtype'] as keyof typeof ELEMENT_TYPES] }),
  ],
  ClipByValue: ({ graph, names, attributes }) => [
    graph.add('Clip', [
      names['x'],
      graph.float(attributes['clipValueMin'] as number),
      graph.float(attributes['clipValueMax'] as number),
    ]),
  ],
  Elu: unary('Elu'),
  Expm1: ({ graph, names }) => [expm1(graph, names['x'])],
  FloorDiv: ({ graph, names, outputs }) => {
    const quotient = graph.add('Div', [names['a'], names['b']]);
    return [outputs[0].dtype === 'float32' ? graph.add('Floor', [quotient]) : quotient];
  },
  Identity: unary('Identity'),
  IsFinite: ({ graph, names }) => [
    graph.add('Not', [graph.add('Or', [graph.add('IsNaN', [names['x']]), graph.add('IsInf', [names['x']])])]),
  ],
  LeakyRelu: ({ graph, names, attributes }) => [
    graph.add('LeakyRelu', [names['x']], { alpha: { float: attributes['alpha'] as number } }),
  ],
  Log1p: ({ graph, names }) => [log1p(graph, names['x'])],
  Mod: ({ graph, names, outputs }) => [
    outputs[0].dtype === 'float32' ? floorMod(graph, names['a'], names['b']) : graph.add('Mod', [names['a'], names['b']]),
  ],
  NotEqual: ({ graph, names }) => [graph.add('Not', [graph.add('Equal', [names['a'], names['b']])])],
  Prelu: ({ graph, names }) => [graph.add('PRelu', [names['x'], names['alpha']])],
  Relu6: ({ graph, names }) => [graph.add('Clip', [names['x'], graph.float(0), graph.float(6)])],
  Rsqrt: ({ graph, names }) => [graph.add('Reciprocal', [graph.add('Sqrt', [names['x']])])],
  Select: ({ graph, names, inputs }) => [select(graph, names, inputs)],
  Selu: unary('Selu'),
  Square: ({ graph, names }) => [graph.add('Mul', [names['x'], names['x']])],
  SquaredDifference: ({ graph, names }) => {
    const difference = graph.add('Sub', [names['a'], names['b']]);
    return [graph.add('Mul', [difference, difference])];
  },
  Step: ({ graph, names, attributes }) => [
    graph.add('Where', [
      graph.add('Greater', [names['x'], graph.float(0)]),
      graph.float(1),
      graph.float((attributes['alpha'] as number | undefined) ?? 0),
    ]),
  ],
}; // prettier-ignore

/** `eˣ - 1`, to the last digit near 0: `2 t / (1 - t)` with `t = tanh(x/2)`. */
function expm1(graph: GraphBuilder, x: string): string {
  const small = graph.add('Less', [graph.add('Abs', [x]), graph.float(1)]);
  const t = graph.add('Tanh', [graph.add('Mul', [x, graph.float(0.5)])]);
  const near = graph.add('Div', [graph.add('Add', [t, t]), graph.add('Sub', [graph.float(1), t])]);
  return graph.add('Where', [small, near, graph.add('Sub', [graph.add('Exp', [x]), graph.float(1)])]);
}

/** `ln(1 + x)`, to the last digit near 0: `2 artanh(x / (2 + x))`. */
function log1p(graph: GraphBuilder, x: string): string {
  const small = graph.add('Less', [graph.add('Abs', [x]), graph.float(0.5)]);
  const inner = graph.add('Where', [small, x, graph.float(0)]);
  const half = graph.add('Atanh', [graph.add('Div', [inner, graph.add('Add', [inner, graph.float(2)])])]);
  return graph.add('Where', [small, graph.add('Add', [half, half]), graph.add('Log', [graph.add('Add', [x, graph.float(1)])])]); // prettier-ignore
}

/** The remainder with the sign of the divisor. */
function floorMod(graph: GraphBuilder, a: string, b: string): string {
  const rest = graph.add('Mod', [a, b], { fmod: 1 });
  const signs = graph.add('Less', [graph.add('Mul', [rest, b]), graph.float(0)]);
  return graph.add('Where', [signs, graph.add('Add', [rest, b]), rest]);
}

/** A condition of rank 1 decides for whole rows. */
function select(graph: GraphBuilder, names: Call['names'], inputs: Call['inputs']): string {
  const [condition, rank] = [inputs['condition'], inputs['t'].shape.length];
  const given = names['condition'];
  const fits = condition.shape.length === rank || condition.shape.length === 0;
  const axes = Array.from({ length: rank - condition.shape.length }, (_, i) => condition.shape.length + i);
  return graph.add('Where', [fits ? given : graph.add('Unsqueeze', [given, graph.longs(axes)]), names['t'], names['e']]); // prettier-ignore
}
