export {
  LangevinBlock,
  UnderdampedLangevinBlock,
  type LangevinBlockOptions,
  type SteppingBlock,
  type UnderdampedLangevinBlockOptions,
} from './langevin-blocks.js';
export * from './load-stochastic-flow.js';
export * from './metropolis-blocks.js';
export { StochasticBlock, type BlockEnergy, type Moved, type StochasticBlockOptions } from './stochastic-block.js';
export * from './stochastic-flow.js';
