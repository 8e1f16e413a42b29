import type { Conditioner } from '../conditioners/conditioner.js';
import type { ElementwiseTransform } from '../elementwise/elementwise-transform.js';
import { FlowConfigError } from '../errors.js';

/** What a coupling layer asks of its conditioner; spreads into the options of `MLP`, `ConvNet` and their like. */
export interface ConditionerRequest {
  /** Numbers that the network reads, contexts not counted. */
  readonly inputs: number;
  /** Numbers that it emits. */
  readonly outputs: number;
  /** Outputs with which the layer is the identity. */
  readonly initialOutput: number[];
  /** Inputs that are angles, which the network is to see as cosine and sine; missing where none is. */
  readonly circular?: readonly number[];
}

/** A network, or how to build it. */
export type ConditionerOrBuilder = Conditioner | ((request: ConditionerRequest) => Conditioner);

/** A conditioner that reads `inputs` numbers and emits the parameters of `scalars` others, one after the other. */
export function conditionerRequest(
  inputs: number,
  scalars: number,
  transform: ElementwiseTransform,
): ConditionerRequest {
  const identity = transform.identityParameters();
  return {
    inputs,
    outputs: scalars * transform.parameterCount,
    initialOutput: Array.from({ length: scalars }, () => identity).flat(),
  };
}

/**
 * The conditioner itself, built if need be.
 *
 * @throws FlowConfigError when it has other sizes than were asked for, or takes angles for numbers.
 */
export function sizedConditioner(
  where: string,
  request: ConditionerRequest,
  conditioner: ConditionerOrBuilder,
  example: string,
): Conditioner {
  const network = typeof conditioner === 'function' ? conditioner(request) : conditioner;
  if (network.inputs !== request.inputs || network.outputs !== request.outputs) {
    throw new FlowConfigError(where, {
      expected: `a conditioner from ${request.inputs} inputs to ${request.outputs} outputs`,
      got: `${network.inputs} to ${network.outputs}`,
      hint: `Pass a function \`(request) => new ${example}({ ...request, hidden })\` to have it sized.`,
    });
  }
  checkAngles(where, request.circular, network);
  return network;
}

/**
 * A network that reads an angle as a number has a step where the circle is cut, and the density has one there, too.
 *
 * @throws FlowConfigError for such a network.
 */
export function checkAngles(where: string, circular: readonly number[] = [], network: Conditioner): void {
  if (circular.every((i) => network.circular.includes(i))) return;
  throw new FlowConfigError(where, {
    expected: `a conditioner that sees inputs ${circular.join(', ')} as angles`,
    got: `one that sees ${network.circular.length > 0 ? `${network.circular.join(', ')} so` : 'none so'}`,
    hint: 'Pass `circular` of the request on to it.',
  });
}
