/** Kinds of models, from the quickest to fit on. */
export const MODEL_NAMES = ['gaussian', 'spline-coupling', 'spline-autoregressive', 'maf', 'real-nvp'] as const;

/** Kind of a model. */
export type ModelName = (typeof MODEL_NAMES)[number];
