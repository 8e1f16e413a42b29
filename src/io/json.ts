import { FlowFileError } from '../errors.js';

/**
 * UTF-8 bytes of a JSON value. The numbers JSON has no words for (NaN, ±Infinity, -0) are written as
 * `{"$number": "NaN"}` and the like, so that {@link decodeJson} gives back what went in.
 */
export function encodeJson(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value, (_, entry: unknown) => spell(entry), 2) + '\n');
}

/**
 * Reads what {@link encodeJson} wrote.
 *
 * @param name File name for the error message.
 * @throws FlowFileError when the bytes are not JSON.
 */
export function decodeJson(bytes: Uint8Array, name: string, where: string): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return JSON.parse(text, (_, entry: unknown) => unspell(entry));
  } catch (error) {
    throw new FlowFileError(where, {
      expected: `JSON in ${name}`,
      got: `${bytes.length} bytes that are not (${(error as Error).message})`,
      hint: 'The file was cut short or edited; restore it from another copy.',
      cause: error,
    });
  }
}

/** Whether a parsed value is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function spell(value: unknown): unknown {
  if (typeof value !== 'number') return value;
  if (Object.is(value, -0)) return { $number: '-0' };
  return Number.isFinite(value) ? value : { $number: String(value) };
}

function unspell(value: unknown): unknown {
  return isRecord(value) && typeof value.$number === 'string' ? Number(value.$number) : value;
}
