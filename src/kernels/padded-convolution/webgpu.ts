import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Shape } from '../../shapes.js';

/** What the webgpu backend offers; the pinned TF.js version fixes these names. */
interface WebGPUBackend {
  runWebGPUProgram(program: object, inputs: TensorInfo[], dtype: 'float32'): TensorInfo;
}

/** Threads that share an image. */
const THREADS = 64;

/** Solves all images in one dispatch, a workgroup an image: its threads share a diagonal, then wait for each other. */
export function solveOnWebGPU(backend: object, z: TensorInfo, taps: TensorInfo, reverse: boolean): TensorInfo {
  return (backend as WebGPUBackend).runWebGPUProgram(program(z.shape, taps.shape, reverse), [z, taps], 'float32');
}

function program(shape: Shape, [size]: Shape, reverse: boolean) {
  return {
    variableNames: ['Z', 'Taps'],
    outputShape: [...shape],
    workgroupSize: [THREADS, 1, 1],
    dispatchLayout: { x: [0] },
    dispatch: [shape[0], 1, 1],
    shaderKey: `paddedInverse ${size} ${reverse}`,
    getUserCode: () => `
      fn main(index : i32) {
        let image = index / ${THREADS};
        let rows = uniforms.outShape.y;
        let columns = uniforms.outShape.z;
        let channels = uniforms.outShape.w;
        for (var wave = 0; wave < rows + columns - 1; wave++) {
          let diagonal = ${reverse ? 'rows + columns - 2 - wave' : 'wave'};
          let top = max(0, diagonal - columns + 1);
          let count = select((min(rows - 1, diagonal) - top + 1) * channels, 0, image >= uniforms.outShape.x);
          for (var item = index % ${THREADS}; item < count; item += ${THREADS}) {
            let i = top + item / channels;
            let j = diagonal - i;
            let own = item % channels;
            let pixel = (image * rows + i) * columns + j;
            var value = Z[pixel * channels + own];
            for (var u = 0; u < ${size}; u++) {
              for (var v = 0; v < ${size}; v++) {
                let near = ${reverse ? 'i + u < rows && j + v < columns' : 'i >= u && j >= v'};
                if (u + v == 0 || !near) { continue; }
                let neighbour = pixel ${reverse ? '+' : '-'} (u * columns + v);
                let tap = (${size - 1} - u) * ${size} + ${size - 1} - v;
                for (var c = 0; c < channels; c++) {
                  let weight = Taps[(tap * channels + ${reverse ? 'own' : 'c'}) * channels + ${reverse ? 'c' : 'own'}];
                  value -= result[neighbour * channels + c] * weight;
                }
              }
            }
            result[pixel * channels + own] = value;
          }
          storageBarrier();
        }
      }`,
  };
}
