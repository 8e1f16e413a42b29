import { afterElimination, eliminateOnWebGL } from '../elimination/webgl.js';
import type { WebGLKernel } from '../fused/webgl.js';

export const luOnWebGL: WebGLKernel<object> = (inputs, _, gl) => {
  const [count, n] = inputs[0].shape;
  const plan = { count, n, k: 0, right: 'identity', adjoint: false, kind: 'lu' } as const;
  const state = eliminateOnWebGL(inputs, plan, gl);
  const packed = afterElimination(
    plan,
    [count, n, n],
    `
      ivec3 at = getOutputCoords();
      setOutput(finite(getS(at.x, 0, SIGN)) ? getS(at.x, at.y, at.z) : NAN);`,
  );
  const permutation = afterElimination(
    plan,
    [count, n],
    `
      ivec2 at = getOutputCoords();
      setOutput(finite(getS(at.x, 0, SIGN)) ? getS(at.x, at.y, ORDER) : float(at.y));`,
  );
  const outputs = [gl.run(packed, [state]), gl.run(permutation, [state])];
  gl.dispose(state);
  return outputs;
};
