import * as tf from '@tensorflow/tfjs-core';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import { ready } from 'tfjs-flows';
import type { Backend } from '../protocol.js';

/** Starts a backend, or the best there is, with the page's own WebAssembly files. */
export async function openEngine(backend: Backend | null): ReturnType<typeof ready> {
  const at = (url: string) => new URL(url, import.meta.url).href;
  // The threads of TF.js itself are made of its own source text, which bundlers change; those of this library remain.
  await import('@tensorflow/tfjs-backend-wasm');
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  return ready({
    ...(backend && { backend }),
    wasmPaths: {
      'tfjs-backend-wasm.wasm': at(plain),
      'tfjs-backend-wasm-simd.wasm': at(simd),
      'tfjs-backend-wasm-threaded-simd.wasm': at(threaded),
    },
  });
}
