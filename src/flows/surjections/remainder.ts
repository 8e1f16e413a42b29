import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowShapeError } from '../../errors.js';
import { formatShape, sameShape, type Shape } from '../../shapes.js';
import { Flow } from '../flow.js';

/** What a surjection asks of the distribution of what it loses; spreads into the options of {@link amortisedNormal}. */
export interface RemainderRequest {
  /** Shape of what is lost. */
  readonly eventShape: Shape;
  /** Shape of what is known of it. */
  readonly contextShape: Shape;
}

/** A flow over what a surjection loses, with what it keeps as context or with none, or how to build it. */
export type RemainderFlow = Flow | ((request: RemainderRequest) => Flow);

/**
 * The flow, built if need be.
 *
 * @throws FlowShapeError when its events or contexts have other shapes.
 * @throws FlowConfigError for something else, or a base whose draws depend on a context or on trained parameters.
 */
export function remainderFlow(where: string, request: RemainderRequest, given: RemainderFlow): Flow {
  const flow = typeof given === 'function' ? given(request) : given;
  if (!((flow as unknown) instanceof Flow)) {
    throw new FlowConfigError(where, { expected: 'a Flow, or a function that builds one', got: String(flow) });
  }
  const { eventShape, contextShape, base } = flow;
  const fits = contextShape === null || sameShape(contextShape, request.contextShape);
  if (!sameShape(eventShape, request.eventShape) || !fits) {
    throw new FlowShapeError(where, {
      expected: `events of shape ${formatShape(request.eventShape)} and contexts of ${formatShape(request.contextShape)} or none`,
      got: `events of ${formatShape(eventShape)} and ${contextShape ? `contexts of ${formatShape(contextShape)}` : 'no contexts'}`,
      hint: 'Pass a function `(request) => amortisedNormal(request)` to have it sized.',
    });
  }
  if (base.contextShape || base.parameterCount > 0) {
    throw new FlowConfigError(where, {
      expected: 'a flow whose base takes no context and is not trained',
      got: `a ${base.className} ${base.contextShape ? 'with contexts' : 'with trained parameters'}`,
      hint: 'Let the bijector do what the base does.',
    });
  }
  return flow;
}

/** Draws of a remainder flow from draws of its base, `[rows, ...]`, with their log-densities. */
export function drawRemainder(flow: Flow, noise: Tensor, context: Tensor): [Tensor, Tensor] {
  const [value, logDet] = flow.bijector.forwardAndLogDet(noise, flow.bijector.contextShape && context);
  return [value, tf.sub(flow.base.logProb(noise), logDet)];
}
