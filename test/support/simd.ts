import { RELAXED_SIMD, SIMD } from '../../src/kernels/wasm/binary.generated.js';
import { hasRelaxedSimd, loadSimd, type SimdFunctions } from '../../src/kernels/wasm/module.js';

await loadSimd();

/** One build of the SIMD module in a memory of its own. */
export interface SimdBuild {
  readonly name: string;
  readonly functions: SimdFunctions;
  /** Places numbers and returns their address. */
  put(values: ArrayLike<number>): number;
  /** Reads numbers back. */
  take(address: number, count: number): Float32Array;
}

/** Every build of the module that this engine takes. */
export function simdBuilds(): SimdBuild[] {
  return [instantiate('SIMD', SIMD), ...(hasRelaxedSimd() ? [instantiate('relaxed SIMD', RELAXED_SIMD)] : [])];
}

function instantiate(name: string, base64: string): SimdBuild {
  const memory = new WebAssembly.Memory({ initial: 512 });
  const module = new WebAssembly.Module(Buffer.from(base64, 'base64'));
  const functions = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as SimdFunctions;
  let next = 1024;
  return {
    name,
    functions,
    put: (values) => {
      const address = next;
      new Float32Array(memory.buffer).set(values, address / 4);
      next += 4 * values.length + 4;
      return address;
    },
    take: (address, count) => new Float32Array(memory.buffer).slice(address / 4, address / 4 + count),
  };
}
