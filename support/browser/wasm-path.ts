/** Where pages find the binaries of the wasm backend. */
export const WASM_PATH = '/wasm/';
