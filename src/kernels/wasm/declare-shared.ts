/** Number of the import section, and of a memory among imports. */
const IMPORTS = 2;
const MEMORY = 2;

/** Pages that a shared memory may grow to: 64 KiB each, 4 GiB in all. */
export const MAX_PAGES = 65536;

/**
 * The same WebAssembly module, importing its memory as one shared between threads. Code for both kinds of memory is the
 * same; only the declaration differs.
 */
export function declareShared(binary: Uint8Array): Uint8Array<ArrayBuffer> {
  let at = 8;
  while (binary[at] !== IMPORTS) {
    const size = readNumber(binary, at + 1);
    at = size.next + size.value;
  }
  const section = readNumber(binary, at + 1);
  const count = readNumber(binary, section.next);
  let entry = count.next;
  if (count.value !== 1) throw new Error('The SIMD module imports more than its memory.');
  for (let name = 0; name < 2; name++) {
    const length = readNumber(binary, entry);
    entry = length.next + length.value;
  }
  if (binary[entry] !== MEMORY) throw new Error('The SIMD module imports no memory.');
  const least = readNumber(binary, entry + 2);
  const limits = [MEMORY, 3, ...writeNumber(least.value), ...writeNumber(MAX_PAGES)];
  const content = [...binary.subarray(section.next, entry), ...limits];
  const rest = binary.subarray(section.next + section.value);
  return Uint8Array.from([...binary.subarray(0, at + 1), ...writeNumber(content.length), ...content, ...rest]);
}

/** An unsigned LEB128 number, and where the next byte stands. */
function readNumber(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0;
  let factor = 1;
  for (;;) {
    const byte = bytes[at++];
    value += (byte & 127) * factor;
    factor *= 128;
    if (byte < 128) return { value, next: at };
  }
}

function writeNumber(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...writeNumber(Math.floor(value / 128))];
}
