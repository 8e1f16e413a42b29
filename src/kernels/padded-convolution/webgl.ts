import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Shape } from '../../shapes.js';

/** What the webgl backend offers; the pinned TF.js version fixes these names. */
interface WebGLBackend {
  runWebGLProgram(program: object, inputs: TensorInfo[], dtype: 'float32', uniforms: number[][]): TensorInfo;
  disposeIntermediateTensorInfo(info: TensorInfo): void;
}

/**
 * Solves diagonal by diagonal: one draw call finds the pixels of one diagonal and copies all others, which hold `z` until
 * their turn comes.
 */
export function solveOnWebGL(backend: object, z: TensorInfo, taps: TensorInfo, reverse: boolean): TensorInfo {
  const gl = backend as WebGLBackend;
  const [, height, width] = z.shape as number[];
  const program = diagonalProgram(z.shape, taps.shape, reverse);
  const last = height + width - 2;
  let x = z;
  // Nothing comes before the first diagonal. A single pixel is copied by a pass that meets no diagonal at all.
  for (let wave = 1; wave <= Math.max(1, last); wave++) {
    const next = gl.runWebGLProgram(program, [x, taps], 'float32', [[reverse ? last - wave : wave]]);
    if (x !== z) gl.disposeIntermediateTensorInfo(x);
    x = next;
  }
  return x;
}

function diagonalProgram(shape: Shape, [size]: Shape, reverse: boolean) {
  return {
    variableNames: ['X', 'Taps'],
    outputShape: [...shape],
    enableShapeUniforms: true,
    customUniforms: [{ name: 'diagonal', type: 'int' }],
    userCode: `
      void main() {
        ivec4 at = getOutputCoords();
        float value = getX(at.x, at.y, at.z, at.w);
        if (at.y + at.z == diagonal) {
          for (int u = 0; u < ${size}; u++) {
            for (int v = 0; v < ${size}; v++) {
              int i = at.y ${reverse ? '+' : '-'} u;
              int j = at.z ${reverse ? '+' : '-'} v;
              if (u + v == 0 || i < 0 || j < 0 || i >= outShape.y || j >= outShape.z) continue;
              for (int c = 0; c < ${shape[3]}; c++) {
                value -= getX(at.x, i, j, c) * getTaps(${size - 1} - u, ${size - 1} - v, ${reverse ? 'at.w, c' : 'c, at.w'});
              }
            }
          }
        }
        setOutput(value);
      }`,
  };
}
