export * from './causal-transformer.js';
export type { NormName } from './check-transformer.js';
export * from './layer-norm.js';
export * from './multi-head-attention.js';
export * from './rms-norm.js';
export type { TokenTransformer, TokenTransformerOptions } from './token-transformer.js';
export { TransformerBlock, type TransformerBlockOptions } from './transformer-block.js';
export * from './vision-transformer.js';
