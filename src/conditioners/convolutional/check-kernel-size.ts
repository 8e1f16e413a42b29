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

/** @throws FlowConfigError unless there are `count` odd positive integers. */
export function checkKernelSizes(where: string, sizes: readonly number[], count: number): void {
  if (!Array.isArray(sizes) || sizes.length !== count) {
    throw new FlowConfigError(where, {
      expected: `${count} filter sizes, one a layer`,
      got: Array.isArray(sizes) ? `${sizes.length}` : String(sizes),
    });
  }
  sizes.forEach((size: number, layer) => checkKernelSize(`${where}[${layer}]`, size));
}
