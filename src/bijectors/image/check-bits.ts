import { FlowConfigError } from '../../errors.js';

/**
 * Checks the number of bits of a pixel value. Beyond 16, float32 has too few digits left for the noise in between.
 *
 * @throws FlowConfigError unless it is a whole number from 1 to 16.
 */
export function checkBits(where: string, bits: number): void {
  if (Number.isInteger(bits) && bits >= 1 && bits <= 16) return;
  throw new FlowConfigError(`${where}.bits`, { expected: 'a whole number from 1 to 16', got: String(bits) });
}
