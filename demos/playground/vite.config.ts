import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** The page may share memory between threads, which makes the wasm backend use several; it works without, too. */
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/** Paths are relative, so that the built folder works wherever it is put. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  resolve: { alias: { 'tfjs-flows': fileURLToPath(new URL('../../src/index.ts', import.meta.url)) } },
  worker: { format: 'es' },
  build: {
    outDir: fileURLToPath(new URL('../../build/playground', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    chunkSizeWarningLimit: 4000,
  },
  server: { headers },
  preview: { headers },
});
