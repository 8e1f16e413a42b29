/** Red, green, blue in [0, 255]. */
export type Colour = readonly [number, number, number];

/** Evenly spaced colours, blended between neighbours. */
export type Scale = readonly Colour[];

/** From nothing to much: night, violet, red, gold. */
export const DENSITY: Scale = [
  [13, 12, 29],
  [45, 22, 92],
  [112, 31, 122],
  [184, 52, 106],
  [238, 102, 72],
  [251, 169, 79],
  [253, 236, 172],
];

/** From noise to data. */
export const TIME: Scale = [
  [64, 110, 190],
  [70, 172, 200],
  [150, 212, 160],
  [246, 200, 96],
  [240, 104, 72],
];

/** The colour at a position in [0, 1]. */
export function colourAt(scale: Scale, position: number): Colour {
  const at = Math.min(Math.max(position, 0), 1) * (scale.length - 1);
  const low = Math.min(Math.floor(at), scale.length - 2);
  return scale[low].map((from, i) => Math.round(from + (at - low) * (scale[low + 1][i] - from))) as unknown as Colour;
}

/** As CSS writes it. */
export function css([red, green, blue]: Colour): string {
  return `rgb(${red},${green},${blue})`;
}
