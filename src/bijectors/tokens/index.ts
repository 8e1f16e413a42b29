export * from './patchify.js';
export * from './token-autoregressive.js';
export * from './token-coupling.js';
export type { TokenCouplingKind, TokenGrid } from './token-halves.js';
