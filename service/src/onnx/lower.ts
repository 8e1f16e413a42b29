import { FlowConfigError } from 'tfjs-flows';
import { GraphBuilder } from './graph-builder.js';
import { ELEMENTWISE } from './lowerings/elementwise.js';
import type { Lowerings } from './lowerings/lowering.js';
import { PRODUCTS } from './lowerings/products.js';
import { REDUCTIONS } from './lowerings/reductions.js';
import { SHAPES } from './lowerings/shapes.js';
import { isOfBatch, type SymbolicConstant, type SymbolicTrace } from './symbolic.js';

const LOWERINGS: Lowerings = { ...ELEMENTWISE, ...SHAPES, ...REDUCTIONS, ...PRODUCTS };

/**
 * Writes a computation down as a graph.
 *
 * @param inputs names of the inputs; the first has the rows
 * @param outputs names of the outputs
 * @throws FlowConfigError that names a kernel which cannot be written down.
 */
export function lower(trace: SymbolicTrace, inputs: readonly string[], outputs: readonly string[]): GraphBuilder {
  const graph = new GraphBuilder(inputs[0]);
  const names = new Map<number, string>(trace.inputs.map(({ id }, i) => [id, inputs[i]]));
  const constants = new Map(trace.constants.map((constant) => [constant.value.id, constant]));
  const nameOf = (id: number): string => {
    const known = names.get(id);
    if (known !== undefined) return known;
    const made = constant(graph, constants.get(id)!);
    names.set(id, made);
    return made;
  };
  for (const node of needed(trace)) {
    const lowering = LOWERINGS[node.kernel];
    if (!lowering) throw new FlowConfigError('exportOnnx', { expected: 'operations that can be written in ONNX', got: `the kernel ${node.kernel}` }); // prettier-ignore
    const given = Object.fromEntries(Object.entries(node.inputs).map(([name, { id }]) => [name, nameOf(id)]));
    const made = lowering({ ...node, graph, names: given });
    node.outputs.forEach(({ id }, i) => names.set(id, made[i]));
  }
  trace.outputs.forEach(({ id }, i) => {
    graph.nodes.push({ op: 'Identity', inputs: [nameOf(id)], outputs: [outputs[i]], attributes: {} });
  });
  return graph;
}

/** Nodes that the outputs depend on. */
function needed({ nodes, outputs }: SymbolicTrace): SymbolicTrace['nodes'] {
  const wanted = new Set(outputs.map(({ id }) => id));
  const kept = nodes.toReversed().filter((node) => {
    if (!node.outputs.some(({ id }) => wanted.has(id))) return false;
    for (const { id } of Object.values(node.inputs)) wanted.add(id);
    return true;
  });
  return kept.reverse();
}

function constant(graph: GraphBuilder, { value, slice, values }: SymbolicConstant): string {
  const made =
    value.dtype === 'float32' ? graph.floats(values, slice)
    : value.dtype === 'int32' ? graph.ints(values, slice)
    : graph.bools(values as Uint8Array, slice); // prettier-ignore
  return value.shape.some(isOfBatch) ? graph.add('Expand', [made, graph.lengths(value.shape)]) : made;
}
