import { afterElimination, eliminateOnWebGL } from '../elimination/webgl.js';
import type { WebGLKernel } from '../fused/webgl.js';

export const slogdetOnWebGL: WebGLKernel<object> = (inputs, _, gl) => {
  const [count, n] = inputs[0].shape;
  const plan = { count, n, k: 0, right: 'identity', adjoint: false, kind: 'lu' } as const;
  const state = eliminateOnWebGL(inputs, plan, gl);
  const program = afterElimination(
    plan,
    [2, count],
    `
      ivec2 at = getOutputCoords();
      float s = getS(at.y, 0, SIGN);
      if (!finite(s)) setOutput(NAN);
      else if (at.x == 0) setOutput(s);
      else setOutput(s == 0.0 ? -INFINITE : getS(at.y, 0, LOG));`,
  );
  const both = gl.run(program, [state]);
  const outputs = [gl.view(both, [count]), gl.view(both, [count], count)];
  gl.dispose(state);
  gl.dispose(both);
  return outputs;
};
