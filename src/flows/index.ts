export * from './flow.js';
export { loadFlow, removeFlow } from './load-flow.js';
export { iaf } from './iaf.js';
export { maf } from './maf.js';
export { nice } from './nice.js';
export { realNvp } from './real-nvp.js';
export type { Mixing, RecipeOptions } from './recipe.js';
export * from './spline-autoregressive-flow.js';
export * from './spline-coupling-flow.js';
