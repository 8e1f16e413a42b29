import * as tf from '@tensorflow/tfjs-core';
import { FlowConfigError } from './errors.js';
import { FUSED_OPS } from './kernels/fused-ops.js';
import { selfTest } from './kernels/fused/self-test.js';
import { registerKernels } from './kernels/register.js';
import { completeBackend } from './kernels/stock-repairs/register.js';
import { replaceStockKernels } from './kernels/stock/replace.js';
import { loadSimd } from './kernels/wasm/module.js';
import { setThreads } from './replay/workshop.js';

/** The engines that can run this library. */
export type BackendName = 'tensorflow' | 'wasm' | 'webgpu' | 'webgl' | 'cpu';

/** Options of {@link ready}. */
export interface ReadyOptions {
  /** Backend to start. Default: the fastest one present. */
  readonly backend?: BackendName;
  /** Where a browser finds the files `tfjs-backend-wasm*.wasm`: a folder URL, or one URL a file. */
  readonly wasmPaths?: string | Record<string, string>;
  /**
   * Threads that planned training steps, densities and draws may use on wasm. Default: one a processor, 16 at most. Each
   * program keeps to one where trying shows that more do not help. Results do not depend on it.
   */
  readonly threads?: number;
}

/** What {@link ready} started. */
export interface BackendReport {
  /** The one that runs. */
  readonly backend: BackendName;
  /** Why this one: a full sentence. */
  readonly reason: string;
  /** Backends that were tried first, and what kept them from starting. */
  readonly skipped: readonly {
    /** One that was tried in vain. */
    readonly backend: BackendName;
    /** What kept it from starting. */
    readonly reason: string;
  }[];
}

/**
 * Starts a TensorFlow.js backend and registers gradients; call it once before anything else. Later calls without a
 * `backend` keep the one that runs.
 *
 * In Node: `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node` when installed, else wasm, else cpu. In a browser:
 * webgpu or webgl on a hardware GPU, else wasm, else webgl in software, else cpu.
 *
 * @throws FlowConfigError when the backend asked for cannot start here.
 */
export async function ready(options: ReadyOptions = {}): Promise<BackendReport> {
  const { threads } = options;
  if (threads !== undefined) {
    if (!Number.isInteger(threads) || threads < 1) {
      throw new FlowConfigError('ready.threads', { expected: 'a positive integer', got: String(threads) });
    }
    setThreads(threads);
  }
  // TF.js leaves the gradients out of its core.
  await import('#gradients');
  registerKernels();
  if (started && (options.backend ?? started.backend) === tf.getBackend()) return started;
  const candidates = options.backend ? [options.backend] : inNode() ? NODE_ORDER : BROWSER_ORDER;
  const skipped: { backend: BackendName; reason: string }[] = [];
  for (const backend of candidates) {
    const obstacle = await tryStart(backend, options);
    if (obstacle === null) {
      const reason = options.backend ? 'It was asked for.' : REASONS[backend];
      await testOnce(backend);
      return (started = { backend, reason, skipped });
    }
    skipped.push({ backend, reason: obstacle });
  }
  throw new FlowConfigError('ready', {
    expected: `a backend that starts here (${candidates.join(', ')})`,
    got: skipped.map(({ backend, reason }) => `${backend}: ${reason}`).join('; '),
  });
}

let started: BackendReport | null = null;

/** Backends whose kernels have been tested. */
const tested = new Set<BackendName>();

async function testOnce(backend: BackendName): Promise<void> {
  if (tested.has(backend)) return;
  tested.add(backend);
  // eslint-disable-next-line no-console -- the one thing that nobody waits for
  await selfTest(FUSED_OPS, (message) => console.warn(message));
}

const NODE_ORDER: readonly BackendName[] = ['tensorflow', 'wasm', 'cpu'];
const BROWSER_ORDER: readonly BackendName[] = ['webgpu', 'webgl', 'wasm', 'cpu'];

const REASONS: Record<BackendName, string> = {
  tensorflow: 'The native TensorFlow binding is installed.',
  webgpu: 'The browser offers WebGPU on a hardware adapter.',
  webgl: 'The browser offers WebGL 2 with float32 textures on a hardware GPU.',
  wasm: 'It is the fastest backend that needs no GPU and no native install.',
  cpu: 'No faster backend could start.',
};

/** Starts one backend; null on success, else what was in the way. */
async function tryStart(backend: BackendName, options: ReadyOptions): Promise<string | null> {
  try {
    const asked = options.backend !== undefined;
    const obstacle = await LOADERS[backend](options, asked);
    if (obstacle !== null) return obstacle;
    if (!(await tf.setBackend(backend))) return 'TensorFlow.js could not initialise it';
    await tf.ready();
    completeBackend(backend);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message.split('\n')[0] : String(error);
  }
}

type Loader = (options: ReadyOptions, asked: boolean) => Promise<string | null>;

const LOADERS: Record<BackendName, Loader> = {
  async tensorflow() {
    if (!inNode()) return 'it runs in Node only';
    for (const name of ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']) {
      // A name held in a variable keeps bundlers from looking for an optional package.
      const found = await import(/* @vite-ignore */ /* webpackIgnore: true */ name).then(() => true, () => false); // prettier-ignore
      if (found) return null;
    }
    return 'neither @tensorflow/tfjs-node-gpu nor @tensorflow/tfjs-node is installed';
  },
  async wasm({ wasmPaths }) {
    const [{ setWasmPaths }] = await Promise.all([import('@tensorflow/tfjs-backend-wasm'), loadSimd()]);
    if (wasmPaths !== undefined) setWasmPaths(wasmPaths);
    replaceStockKernels();
    return null;
  },
  async webgl(_, asked) {
    if (inNode()) return 'it runs in a browser only';
    const { setWebGLContext: _present } = await import('@tensorflow/tfjs-backend-webgl');
    // Packed textures hold four numbers a texel. They speed up large products, but our kernels take plain ones, and each
    // change between the two is a draw call: a training step of a small spline flow took 159 draws with, 93 without.
    tf.env().set('WEBGL_PACK', false);
    if (asked) return null;
    if (!tf.env().getBool('WEBGL_RENDER_FLOAT32_CAPABLE')) return 'no float32 textures';
    return softwareWebGL() ? 'it would run in software' : null;
  },
  async webgpu(_, asked) {
    const gpu = (globalThis.navigator as { gpu?: { requestAdapter(): Promise<WebGPUAdapter | null> } } | undefined)
      ?.gpu;
    if (!gpu) return 'no navigator.gpu';
    const adapter = await gpu.requestAdapter();
    if (!adapter) return 'no WebGPU adapter';
    if (!asked && (adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter)) return 'it would run in software';
    await import('@tensorflow/tfjs-backend-webgpu');
    return null;
  },
  async cpu() {
    await import('@tensorflow/tfjs-backend-cpu');
    return null;
  },
};

interface WebGPUAdapter {
  readonly isFallbackAdapter?: boolean;
  readonly info?: { readonly isFallbackAdapter?: boolean };
}

/** Whether WebGL is drawn by the processor, where wasm is faster. */
function softwareWebGL(): boolean {
  const canvas = typeof document === 'undefined' ? new OffscreenCanvas(1, 1) : document.createElement('canvas');
  const gl = canvas.getContext('webgl2') as WebGL2RenderingContext | null;
  const info = gl?.getExtension('WEBGL_debug_renderer_info');
  const renderer = gl && info ? String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)) : '';
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(renderer);
}

/** Whether this is Node (or a runtime with its built-in modules) rather than a browser. */
export function inNode(): boolean {
  return typeof process !== 'undefined' && typeof process.versions?.node === 'string' && typeof window === 'undefined';
}
