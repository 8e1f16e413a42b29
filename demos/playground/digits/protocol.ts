import type { Backend } from '../protocol.js';

/** Draws in the grid, along its side. */
export const GRID_SIDE = 8;
/** Frames on the way between two digits, both included. */
export const FRAMES = 25;

/** From the page to the worker; each is answered once. */
export type DigitsCommand =
  /** Where the files of the model lie. */
  | { readonly type: 'open'; readonly backend: Backend | null; readonly url: string }
  | { readonly type: 'draw'; readonly seed: string; readonly temperature: number }
  /** Pixels of the two ends. */
  | { readonly type: 'way'; readonly ends: Uint8Array };

/** From the worker to the page. Pixels are bytes, image by image. */
export type DigitsReport =
  | { readonly type: 'opened'; readonly backend: Backend; readonly parameters: number }
  | { readonly type: 'drawn'; readonly pixels: Uint8ClampedArray; readonly milliseconds: number }
  /** Bits a pixel of both ends. */
  | { readonly type: 'way'; readonly pixels: Uint8ClampedArray; readonly bits: readonly number[] }
  | { readonly type: 'problem'; readonly message: string };
