import test from 'ava';
import fc from 'fast-check';
import { decodeSafetensors, encodeSafetensors, FlowConfigError, FlowFileError } from '../../src/index.js';
import type { StoredTensor } from '../../src/index.js';

/** Length, header and numbers of a file put together by hand. */
function file(header: unknown, numbers: number[] = [], { text = JSON.stringify(header) } = {}): Uint8Array {
  const json = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + json.length + 4 * numbers.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(new Uint8Array(Float32Array.from(numbers).buffer), 8 + json.length);
  return bytes;
}

function entry(shape: unknown, begin: unknown, end: unknown, dtype = 'F32') {
  return { dtype, shape, data_offsets: [begin, end] };
}

/** What the Python package `safetensors` writes for a scalar `a`, a matrix `b` and one line of metadata. */
const GOLDEN = Uint8Array.from(
  Buffer.from(
    '90000000000000007b225f5f6d657461646174615f5f223a7b22666f726d6174223a2278227d2c2261223a7b226474797065223a22463332' +
      '222c227368617065223a5b5d2c22646174615f6f666673657473223a5b302c345d7d2c2262223a7b226474797065223a22463332222c2273' +
      '68617065223a5b322c325d2c22646174615f6f666673657473223a5b342c32305d7d7d20202020200000e0400000c03f000000c000000000' +
      '00004040',
    'hex',
  ),
);

const GOLDEN_TENSORS = new Map<string, StoredTensor>([
  ['a', { shape: [], values: Float32Array.of(7) }],
  ['b', { shape: [2, 2], values: Float32Array.of(1.5, -2, 0, 3) }],
]);

test('bytes are those of the reference implementation', (t) => {
  t.deepEqual(encodeSafetensors(GOLDEN_TENSORS, { format: 'x' }), GOLDEN);
});

test('bytes of the reference implementation are read, also at an odd place of a larger buffer', (t) => {
  const shifted = new Uint8Array(GOLDEN.length + 9);
  shifted.set(GOLDEN, 3);
  for (const bytes of [GOLDEN, shifted.subarray(3, 3 + GOLDEN.length)]) {
    const { tensors, metadata } = decodeSafetensors(bytes);
    t.deepEqual(tensors, GOLDEN_TENSORS);
    t.deepEqual(metadata, { format: 'x' });
  }
});

test('the header starts with a brace and ends on a multiple of eight, padded with spaces', (t) => {
  for (let length = 1; length <= 16; length++) {
    const bytes = encodeSafetensors(new Map([['n'.repeat(length), { shape: [0], values: new Float32Array(0) }]]));
    const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    t.is(headerLength % 8, 0);
    t.is(bytes.length, 8 + headerLength);
    const header = new TextDecoder().decode(bytes.subarray(8));
    t.regex(header, /^\{.*\} {0,7}$/);
  }
});

test('an empty file of tensors is allowed', (t) => {
  t.is(decodeSafetensors(encodeSafetensors(new Map())).tensors.size, 0);
});

test('whatever is written is read back bit for bit', (t) => {
  const tensor = fc.array(fc.nat(3), { maxLength: 3 }).chain((shape) => {
    const size = shape.reduce((product, length) => product * length, 1);
    return fc.record({
      shape: fc.constant(shape),
      values: fc.float32Array({ minLength: size, maxLength: size }),
    });
  });
  const name = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', '0', ''));
  const tensors = fc
    .array(fc.tuple(name, tensor), { maxLength: 6 })
    .map((pairs) => new Map(pairs.filter(([key]) => key !== '__metadata__')));
  const metadata = fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 });
  fc.assert(
    fc.property(tensors, metadata, (given, notes) => {
      const read = decodeSafetensors(encodeSafetensors(given, notes));
      t.is(read.tensors.size, given.size);
      for (const [key, { shape, values }] of given) {
        const found = read.tensors.get(key)!;
        t.deepEqual(found.shape, shape);
        t.deepEqual(new Uint8Array(found.values.buffer), new Uint8Array(values.slice().buffer));
      }
      t.deepEqual(Object.entries(read.metadata).sort(), Object.entries(notes).sort());
    }),
    { numRuns: 100, seed: 1 },
  );
});

test('a file cut short or grown anywhere is refused', (t) => {
  for (let length = 0; length < GOLDEN.length; length++) {
    t.throws(() => decodeSafetensors(GOLDEN.subarray(0, length)), { instanceOf: FlowFileError }, `${length} bytes`);
  }
  t.throws(() => decodeSafetensors(Uint8Array.of(...GOLDEN, 0)), {
    instanceOf: FlowFileError,
    message: /expected 20 bytes of numbers, got 21\. The file was cut short or damaged/,
  });
});

const DAMAGED: [string, Uint8Array, RegExp][] = [
  ['no bytes', new Uint8Array(0), /expected at least 8 bytes, got 0/],
  [
    'a huge header',
    Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 128),
    /header of at most 100000000 bytes, got 9223372036854776000/,
  ],
  ['a header beyond the end', Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 123), /header of 9 bytes, got 1 bytes after/],
  ['no JSON', file(null, [], { text: '{"a":' }), /expected a header in JSON/],
  ['JSON that is a list', file([]), /expected a header in JSON/],
  ['space before the header', file(null, [], { text: ' {}' }), /expected a header in JSON/],
  ['bytes that are not UTF-8', Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 123, 255, 125), /expected a header in JSON/],
  ['another type', file({ a: entry([1], 0, 4, 'BF16') }, [1]), /type F32 for "a", got BF16\. Convert/],
  ['an entry that is no record', file({ a: 3 }), /type F32 for "a", got undefined/],
  ['a shape that is no list', file({ a: entry(1, 0, 4) }, [1]), /as lists of whole numbers, got 1 and \[0,4\]/],
  ['a negative length', file({ a: entry([-1], 0, 4) }, [1]), /as lists of whole numbers/],
  ['a length that is no number', file({ a: entry(['1'], 0, 4) }, [1]), /as lists of whole numbers/],
  ['an offset that is no number', file({ a: entry([1], '0', 4) }, [1]), /as lists of whole numbers/],
  [
    'offsets the wrong way round',
    file({ a: entry([0], 4, 0) }, [1]),
    /expected 0 bytes for "a" of shape \[0\], got -4/,
  ],
  ['a tensor beyond the end', file({ a: entry([2], 0, 8) }, [1]), /expected 8 bytes of numbers, where "a" ends, got 4/],
  ['too few bytes for the shape', file({ a: entry([2], 0, 4) }, [1]), /expected 8 bytes for "a" of shape \[2\], got 4/],
  ['a size past all bounds', file({ a: entry([2 ** 40, 2 ** 40], 0, 4) }, [1]), /bytes for "a"/],
  ['an overlap', file({ a: entry([1], 0, 4), b: entry([1], 0, 4) }, [1]), /"b" to begin at byte 4 .*, got byte 0/],
  ['a partial overlap', file({ a: entry([2], 0, 8), b: entry([1], 4, 8) }, [1, 2]), /"b" to begin at byte 8/],
  ['a gap', file({ a: entry([1], 0, 4), b: entry([1], 8, 12) }, [1, 2, 3]), /"b" to begin at byte 4 .*, got byte 8/],
  ['bytes before the first', file({ a: entry([1], 4, 8) }, [1, 2]), /"a" to begin at byte 0/],
  ['metadata that is no text', file({ __metadata__: { a: 1 } }), /expected texts in __metadata__, got \{"a":1\}/],
  ['metadata that is no record', file({ __metadata__: 'a' }), /expected texts in __metadata__/],
];

for (const [title, bytes, message] of DAMAGED) {
  test(`refused: ${title}`, (t) => {
    t.throws(() => decodeSafetensors(bytes, 'reader'), { instanceOf: FlowFileError, message });
    t.throws(() => decodeSafetensors(bytes, 'reader'), { message: /^reader: expected/ });
  });
}

test('what the format cannot hold is not written', (t) => {
  const one = { shape: [1], values: Float32Array.of(1) };
  const refuses = (tensors: [string, unknown][], message: RegExp, notes = {}) =>
    t.throws(() => encodeSafetensors(new Map(tensors) as Map<string, StoredTensor>, notes), {
      instanceOf: FlowConfigError,
      message,
    });
  refuses([['__metadata__', one]], /expected another name, got "__metadata__"/);
  refuses(
    [['a', { ...one, shape: [2] }]],
    /Float32Array of 2 numbers for "a" of shape \[2\], got Float32Array of length 1/,
  );
  refuses([['a', { shape: [1], values: [1] }]], /got Array of length 1/);
  refuses([], /expected text as metadata "n", got number/, { n: 1 });
});
