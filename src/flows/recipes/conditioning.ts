import type { ContextKind } from '../../conditioners/convolutional/context-map.js';
import type { Embedding } from '../../conditioners/embeddings/embedding.js';
import { FlowConfigError } from '../../errors.js';
import { formatShape, type Shape } from '../../shapes.js';

/** Options of every recipe of a conditional flow. */
export interface ConditioningOptions {
  /** Shape of one context, for a conditional flow. Default: none. */
  readonly contextShape?: Shape | null;
  /** What contexts go through before the layers see them, trained with the flow; it says their shape by itself. Default: none. */
  readonly embedding?: Embedding | null;
}

/**
 * Shape of the contexts that the layers of a flow take.
 *
 * @throws FlowConfigError when a shape is given beside an embedding, which has its own.
 */
export function contextOfLayers(
  name: string,
  { contextShape = null, embedding = null }: ConditioningOptions,
): Shape | null {
  if (!embedding) return contextShape;
  if (contextShape !== null) {
    throw new FlowConfigError(`${name}.contextShape`, {
      expected: 'no shape beside an embedding',
      got: formatShape(contextShape),
      hint: `Contexts are of shape ${formatShape(embedding.contextShape)}, as the embedding takes them; leave \`contextShape\` out.`,
    });
  }
  return embedding.outputShape;
}

/** How the networks of an image flow take its contexts: images as maps, everything else as vectors. */
export function imageContext(
  name: string,
  options: ConditioningOptions,
): { readonly contextShape: Shape | null; readonly contextAs: ContextKind } {
  const contextShape = contextOfLayers(name, options);
  return { contextShape, contextAs: contextShape?.length === 3 ? 'map' : 'vector' };
}
