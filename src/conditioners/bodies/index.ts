export { BodyTransformer, type BodyTransformerOptions } from './body-transformer.js';
export type { BodyView, Box } from './body-view.js';
