/** Nine anchors of each map, as red, green and blue from 0 to 255: both are even in lightness and safe for the colour-blind. */
const ANCHORS = {
  viridis: '440154 472c7a 3b518b 2c718e 21908d 27ad81 5cc863 aadc32 fde725',
  cividis: '00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 fee838',
} as const;

/** Name of a colour map. */
export type ColourMap = keyof typeof ANCHORS;

const TABLES = new Map<ColourMap, Uint8ClampedArray>();

/** 256 colours, three numbers each. */
export function colourTable(name: ColourMap): Uint8ClampedArray {
  const known = TABLES.get(name);
  if (known) return known;
  const anchors = ANCHORS[name].split(' ').map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  const table = new Uint8ClampedArray(3 * 256);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (anchors.length - 1);
    const low = Math.min(Math.floor(at), anchors.length - 2);
    for (let c = 0; c < 3; c++) table[3 * i + c] = anchors[low][c] + (at - low) * (anchors[low + 1][c] - anchors[low][c]);
  }
  TABLES.set(name, table);
  return table;
}

/** One colour of a map as CSS, for a value from 0 to 1. */
export function cssColour(name: ColourMap, value: number, alpha = 1): string {
  const at = 3 * Math.round(255 * Math.min(1, Math.max(0, value)));
  const [r, g, b] = colourTable(name).subarray(at, at + 3);
  return `rgb(${r} ${g} ${b} / ${alpha})`;
}

/** Blue for what shrinks, red-brown for what grows, pale between; the pair is told apart without red and green. */
export function divergingColour(value: number, dark: boolean): string {
  const t = Math.min(1, Math.abs(value));
  const [from, to] = [dark ? [150, 156, 166] : [140, 146, 156], value < 0 ? [0, 114, 178] : [213, 94, 0]];
  const tint = to.map((c) => (dark ? c + (255 - c) * 0.25 : c));
  const [r, g, b] = from.map((c, i) => Math.round(c + t * (tint[i] - c)));
  return `rgb(${r} ${g} ${b})`;
}
