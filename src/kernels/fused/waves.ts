/** `count` unremarkable numbers up to `size`, always the same: what samples are filled with. */
export function waves(count: number, size = 1, phase = 0): number[] {
  return Array.from({ length: count }, (_, i) => size * Math.sin(1.7 * i + 0.31 * Math.sqrt(i) + phase));
}
