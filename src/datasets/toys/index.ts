import { checkerboard } from './checkerboard.js';
import { eightGaussians } from './eight-gaussians.js';
import { pinwheel } from './pinwheel.js';
import { rings } from './rings.js';
import { spirals } from './spirals.js';
import { twoMoons } from './two-moons.js';

export { checkerboard, eightGaussians, pinwheel, rings, spirals, twoMoons };
export type { Toy } from './toy.js';

/** Every two-dimensional toy, by name. */
export const toys = { twoMoons, eightGaussians, checkerboard, pinwheel, rings, spirals } as const;

/** Name of a two-dimensional toy. */
export type ToyName = keyof typeof toys;
