/**
 * Weights uniform in plus or minus this keep the size of what passes forward and backward (Glorot, Bengio, "Understanding
 * the difficulty of training deep feedforward neural networks", 2010).
 */
export function xavierRange(inputs: number, outputs: number): number {
  return Math.sqrt(6 / (inputs + outputs));
}
