import { env } from 'node:process';

/** WebGL 2 and WebGPU drawn by the processor, so that tests need no GPU. */
const IN_SOFTWARE = [
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
];

/** Whether the variable CHROMIUM_ARGS names a GPU to draw with. */
export const ON_GPU = Boolean(env.CHROMIUM_ARGS);

/** Arguments of Chromium that say what draws: those of the variable CHROMIUM_ARGS, or else the processor. */
export const DRAWING_FLAGS = ON_GPU ? env.CHROMIUM_ARGS!.split(/\s+/).filter(Boolean) : IN_SOFTWARE;
