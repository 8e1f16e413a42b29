import type { BoltzmannTarget } from '../target.js';
import { alanine } from './alanine.js';
import { dw4, lj13 } from './clusters.js';
import { doubleWellAnnealed, doubleWellMixed } from './double-well.js';
import { iceXi } from './ice-xi.js';
import { manyWell } from './many-well.js';
import { muellerBrown } from './mueller-brown.js';
import { octupole } from './octupole.js';
import { phi4 } from './phi4.js';
import { u1 } from './u1.js';

/** All targets, by the name that commands take. Energies hold tensors: import this after `ready()`. */
export const TARGETS: Readonly<Record<string, BoltzmannTarget>> = {
  'double-well': doubleWellMixed,
  'double-well-energy': doubleWellAnnealed,
  'mueller-brown': muellerBrown,
  'many-well': manyWell,
  dw4,
  lj13,
  octupole,
  'ice-xi': iceXi,
  phi4,
  u1,
  alanine,
};
