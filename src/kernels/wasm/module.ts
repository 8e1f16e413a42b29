import { FlowConfigError } from '../../errors.js';
import type { SimdCall, WasmBackend } from '../fused/wasm.js';
import type * as binaries from './binary.generated.js';
import { declareShared } from './declare-shared.js';

/** Functions of the SIMD module by name. */
export type SimdFunctions = Readonly<Record<string, (...args: number[]) => void>>;

/** The SIMD module at work in one memory. */
export interface SimdModule {
  call(call: SimdCall): void;
  /** Gives out scratch memory for one kernel; the next kernel gets the same. */
  scratch(): (floats: number) => number;
}

/** Fetches the module's code, most of what the library weighs, which only those load who start the wasm backend. */
export async function loadSimd(): Promise<void> {
  code ??= await import('./binary.generated.js');
}

/** Whether the module's code is here and the engine has SIMD at all. */
export function hasSimd(): boolean {
  return code !== null && (simd ??= WebAssembly.validate(decode(code.SIMD)));
}

/**
 * Whether the engine fuses multiply and add; results differ in the last digit. Node 20 can, but has to be told before the
 * first such module is compiled.
 */
export function hasRelaxedSimd(): boolean {
  if (relaxed === null) {
    const binary = decode(loaded().RELAXED_SIMD);
    relaxed = WebAssembly.validate(binary) || (allowRelaxedSimd() && WebAssembly.validate(binary));
  }
  return relaxed;
}

/** Turns relaxed SIMD on where Node keeps it behind a flag. */
function allowRelaxedSimd(): boolean {
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') return false;
  process.getBuiltinModule('v8').setFlagsFromString('--experimental-wasm-relaxed-simd');
  return true;
}

/**
 * The compiled module: the best build that this engine takes, for plain memory or for memory shared between threads.
 * Threads that are handed it share the code that the engine goes on improving.
 */
export function simdModule(shared: boolean): WebAssembly.Module {
  const kind = shared ? 'shared' : 'plain';
  if (!modules[kind]) {
    const binary = decode(hasRelaxedSimd() ? loaded().RELAXED_SIMD : loaded().SIMD);
    modules[kind] = new WebAssembly.Module(shared ? declareShared(binary) : binary);
  }
  return modules[kind];
}

/** Sets the module to work in a memory. */
export function instantiateSimd(memory: WebAssembly.Memory): SimdFunctions {
  const shared = typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer;
  return new WebAssembly.Instance(simdModule(shared), { env: { memory } }).exports as unknown as SimdFunctions;
}

/** The module in the wasm backend's own memory; null where the engine has no SIMD, or TF.js keeps its memory elsewhere. */
export function simdModuleOf(backend: WasmBackend): SimdModule | null {
  let module = ofBackend.get(backend);
  if (module === undefined) ofBackend.set(backend, (module = attach(backend)));
  return module;
}

let code: typeof binaries | null = null;
let simd: boolean | null = null;
let relaxed: boolean | null = null;
const modules: { plain?: WebAssembly.Module; shared?: WebAssembly.Module } = {};
const ofBackend = new WeakMap<WasmBackend, SimdModule | null>();

function attach(backend: WasmBackend): SimdModule | null {
  const memory = backend.wasm.wasmMemory ?? backend.wasm.asm?.memory;
  if (!(memory instanceof WebAssembly.Memory) || !hasSimd()) return null;
  const functions = instantiateSimd(memory);
  const blocks: { address: number; floats: number }[] = [];
  return {
    call: ([name, ...args]) => functions[name](...args),
    scratch: () => {
      let next = 0;
      return (floats) => {
        const block = (blocks[next] ??= { address: 0, floats: -1 });
        next++;
        if (block.floats < floats) {
          if (block.address) backend.wasm._free(block.address);
          block.address = backend.wasm._malloc(4 * floats);
          block.floats = floats;
        }
        return block.address;
      };
    },
  };
}

function loaded(): NonNullable<typeof code> {
  if (!code)
    throw new FlowConfigError('ready', { expected: "a call of ready({ backend: 'wasm' })", got: 'none so far' });
  return code;
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
