import * as tf from '@tensorflow/tfjs-core';

/** What a GPU backend was made to do. */
export interface GpuCounts {
  /** Draw calls of webgl, dispatches of webgpu. */
  readonly draws: number;
  /** Programs linked by webgl, pipelines made by webgpu. */
  readonly programs: number;
}

/** Counts the calls of the running GPU backend from its construction on; zeros on other backends. */
export class GpuCounter {
  #draws = 0;
  #programs = 0;

  constructor() {
    const draw = () => void this.#draws++;
    const compile = () => void this.#programs++;
    const backend = tf.backend() as { gpgpu?: { gl: object }; device?: object };
    if (backend.gpgpu) {
      for (const name of ['drawElements', 'drawArrays']) before(backend.gpgpu.gl, name, draw);
      before(backend.gpgpu.gl, 'linkProgram', compile);
    } else if (backend.device) {
      before(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', draw);
      for (const name of ['createComputePipeline', 'createComputePipelineAsync']) before(backend.device, name, compile);
    }
  }

  /** The calls since the last time. */
  take(): GpuCounts {
    const counts = { draws: this.#draws, programs: this.#programs };
    this.#draws = this.#programs = 0;
    return counts;
  }
}

declare const GPUComputePassEncoder: { prototype: object };

/** Has `hook` called before every call of a method. */
function before(target: object, name: string, hook: () => void): void {
  const methods = target as Record<string, (...args: unknown[]) => unknown>;
  const method = methods[name];
  methods[name] = function (this: unknown, ...args) {
    hook();
    return method.apply(this, args);
  };
}
