import { FlowConfigError } from '../../errors.js';

/** @throws FlowConfigError unless `size` is an odd positive integer. */
export function checkKernelSize(where: string, size: number): void {
  if (!Number.isInteger(size) || size < 1 || size % 2 === 0) {
    throw new FlowConfigError(where, {
      expected: 'an odd positive integer',
      got: String(size),
      hint: 'Odd filters have a middle, which is laid on the pixel that they compute.',
    });
  }
}
