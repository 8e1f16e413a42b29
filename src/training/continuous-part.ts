import type { Tensor } from '@tensorflow/tfjs-core';
import { ContinuousBijector } from '../bijectors/continuous-bijector.js';
import { runStage, stagesOf } from '../bijectors/stages.js';
import type { Distribution } from '../distributions/distribution.js';
import { FlowConfigError } from '../errors.js';
import type { VectorField } from '../fields/vector-field.js';
import { Flow } from '../flows/flow.js';
import type { RandomStream } from '../random.js';

/** The vector field inside a flow, and what stands on both sides of it. */
export interface ContinuousPart {
  readonly field: VectorField;
  /** Times of the field on the base side and on the data side. */
  readonly span: readonly [base: number, data: number];
  /** The context that field and base take. */
  readonly embed: (context: Tensor | null) => Tensor | null;
  /** `n` draws from the base, where they enter the field. */
  readonly drawStart: (n: number, stream: RandomStream, context: Tensor | null) => Tensor;
  /** Data, where they leave the field. */
  readonly pullBack: (x: Tensor, context: Tensor | null) => Tensor;
}

/**
 * Finds the one continuous bijector of a flow, alone or among the members of chains.
 *
 * @throws FlowConfigError for a model that is no flow, has no continuous bijector or several, or learns its times.
 */
export function continuousPart(model: Distribution, where: string): ContinuousPart {
  const refuse = (got: string, hint?: string) =>
    new FlowConfigError(where, { expected: 'a Flow with one ContinuousBijector', got, hint });
  if (!(model instanceof Flow)) throw refuse(`a ${model.className}`);
  const stages = stagesOf(model.bijector);
  const found = stages.flatMap(({ bijector }, i) => (bijector instanceof ContinuousBijector ? [i] : []));
  if (found.length !== 1) {
    const hint = 'Give `bijector` as one, or as a Chain that has one among its members.';
    throw refuse(found.length === 0 ? 'one without' : `${found.length} of them`, hint);
  }
  const [at] = found;
  const { bijector, inverted } = stages[at];
  const { field, span, learnedTime } = bijector as ContinuousBijector;
  if (learnedTime) {
    throw refuse('one that learns its times', 'Paths have the times that they are given: leave `learnedTime` out.');
  }
  const { base } = model;
  return {
    field,
    span: inverted ? [span[1], span[0]] : span,
    embed: (context) => model.embed(context),
    drawStart: (n, stream, context) =>
      stages
        .slice(0, at)
        .reduce(
          (z, stage) => runStage(stage, 'forward', z, context),
          base.sample(n, { seed: stream, context: base.contextShape && context }),
        ),
    pullBack: (x, context) =>
      stages
        .slice(at + 1)
        .reverse()
        .reduce((y, stage) => runStage(stage, 'inverse', y, context), x),
  };
}
