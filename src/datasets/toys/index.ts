import { checkerboard } from './checkerboard.js';
import { eightGaussians } from './eight-gaussians.js';
import { pinwheel } from './pinwheel.js';
import { rings } from './rings.js';
import { spirals } from './spirals.js';
import type { Toy } from './toy.js';
import { twoMoons } from './two-moons.js';

export { checkerboard, eightGaussians, pinwheel, rings, spirals, twoMoons };
export type { Toy };

/** Name of a two-dimensional toy. */
export type ToyName = 'twoMoons' | 'eightGaussians' | 'checkerboard' | 'pinwheel' | 'rings' | 'spirals';

/** Every two-dimensional toy, by name. */
export const toys: Readonly<Record<ToyName, Toy>> = {
  twoMoons,
  eightGaussians,
  checkerboard,
  pinwheel,
  rings,
  spirals,
};
