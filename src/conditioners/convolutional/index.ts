export type { ContextKind } from './context-map.js';
export * from './conv.js';
export * from './conv-net.js';
export * from './residual-conv-block.js';
export * from './residual-conv-net.js';
export type { ConvPadding } from './wrap-around.js';
