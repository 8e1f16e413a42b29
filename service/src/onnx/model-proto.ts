import protobuf from 'protobufjs';

/** The part of the ONNX format that models are written in (onnx.proto3, IR version 8). */
const SCHEMA = `
syntax = "proto3";
package onnx;
message AttributeProto {
  string name = 1;
  float f = 2;
  int64 i = 3;
  bytes s = 4;
  repeated float floats = 7;
  repeated int64 ints = 8;
  int32 type = 20;
}
message ValueInfoProto { string name = 1; TypeProto type = 2; string doc_string = 3; }
message NodeProto {
  repeated string input = 1;
  repeated string output = 2;
  string name = 3;
  string op_type = 4;
  repeated AttributeProto attribute = 5;
}
message ModelProto {
  int64 ir_version = 1;
  string producer_name = 2;
  string producer_version = 3;
  string doc_string = 6;
  GraphProto graph = 7;
  repeated OperatorSetIdProto opset_import = 8;
  repeated StringStringEntryProto metadata_props = 14;
}
message StringStringEntryProto { string key = 1; string value = 2; }
message GraphProto {
  repeated NodeProto node = 1;
  string name = 2;
  repeated TensorProto initializer = 5;
  repeated ValueInfoProto input = 11;
  repeated ValueInfoProto output = 12;
}
message TensorProto { repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9; }
message TypeProto {
  message Tensor { int32 elem_type = 1; TensorShapeProto shape = 2; }
  oneof value { Tensor tensor_type = 1; }
}
message TensorShapeProto {
  message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } }
  repeated Dimension dim = 1;
}
message OperatorSetIdProto { string domain = 1; int64 version = 2; }
`;

const MODEL = protobuf.parse(SCHEMA, { keepCase: true }).root.lookupType('onnx.ModelProto');

/** Numbers that ONNX has for types of elements. */
export const ELEMENT_TYPES = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;

/** Type of the elements of a tensor. */
export type ElementType = keyof typeof ELEMENT_TYPES;

/** An attribute of a node: a float where it says so, else whole numbers. */
export type Attribute = number | readonly number[] | { readonly float: number };

/** Numbers that ONNX has for types of attributes. */
const [FLOAT, INT, INTS] = [1, 2, 7];

/** A node as the builder puts it down. */
export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A constant. */
export interface Initializer {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A tensor that goes in or comes out; lengths of axes are numbers, or names of what is not fixed. */
export interface Port {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
  readonly description?: string;
}

/** All of a model. */
export interface OnnxModel {
  readonly name: string;
  readonly description: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Version of the operators. */
export const OPSET = 17;
const IR_VERSION = 8;

/** The bytes of a model file. */
export function encodeModel(model: OnnxModel): Uint8Array {
  return MODEL.encode({
    ir_version: IR_VERSION,
    producer_name: 'tfjs-flows',
    doc_string: model.description,
    opset_import: [{ domain: '', version: OPSET }],
    metadata_props: Object.entries(model.metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: model.name,
      node: model.nodes.map(({ op, inputs, outputs, attributes }, i) => ({
        input: inputs,
        output: outputs,
        name: `${op}_${i}`,
        op_type: op,
        attribute: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
      })),
      initializer: model.initializers.map(({ name, type, shape, bytes }) => ({ dims: shape, data_type: ELEMENT_TYPES[type], name, raw_data: bytes })),
      input: model.inputs.map(portOf),
      output: model.outputs.map(portOf),
    },
  }).finish();
} // prettier-ignore

function attributeOf(name: string, value: Attribute): object {
  if (typeof value === 'number') return { name, i: value, type: INT };
  if ('float' in value) return { name, f: value.float, type: FLOAT };
  return { name, ints: value, type: INTS };
}

function portOf({ name, type, shape, description }: Port): object {
  const dim = shape.map((length) => (typeof length === 'number' ? { dim_value: length } : { dim_param: length }));
  return { name, type: { tensor_type: { elem_type: ELEMENT_TYPES[type], shape: { dim } } }, doc_string: description };
}
