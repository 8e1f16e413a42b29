import type { CpuKernel } from '../fused/cpu.js';

/** One sum a row. */
export const sumLogDetsOnCpu: CpuKernel<object> = ([x], [y], _, [[batch, dims]]) => {
  for (let row = 0; row < batch; row++) {
    let sum = 0;
    for (let i = 0; i < dims; i++) sum += x[row * dims + i];
    y[row] = sum;
  }
};

/** Every coordinate gets the gradient of its row's sum. */
export const sumLogDetsGradientOnCpu: CpuKernel<object> = ([, dy], [dx], _, [[batch, dims]]) => {
  for (let row = 0; row < batch; row++) dx.fill(dy[row], row * dims, (row + 1) * dims);
};
