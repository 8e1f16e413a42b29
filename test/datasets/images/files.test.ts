import { gzipSync } from 'node:zlib';
import { createServer } from 'node:http';
import { mkdtempSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { decodeCifar, decodeIdx, FlowConfigError, FlowFileError, readCifar, readMnist } from '../../../src/index.js';

const DIGITS = 'demos/images/data/t10k-first7000-images-idx3-ubyte.gz';
const LABELS = 'demos/images/data/t10k-first7000-labels-idx1-ubyte.gz';

/** An IDX file of unsigned bytes, or with another type. */
function idx(shape: readonly number[], values: readonly number[], type = 8): Uint8Array {
  const header = shape.flatMap((length) => [length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255]);
  return Uint8Array.from([0, 0, type, shape.length, ...header, ...values]);
}

const twelve = Array.from({ length: 12 }, (_, i) => 20 * i);

test('IDX files are read, gzipped or not, wherever their bytes lie', async (t) => {
  const bytes = idx([2, 2, 3], twelve);
  const inside = new Uint8Array(bytes.length + 5);
  inside.set(bytes, 5);
  for (const file of [bytes, gzipSync(bytes), inside.subarray(5)]) {
    const { shape, values } = await decodeIdx(file);
    t.deepEqual(shape, [2, 2, 3]);
    t.deepEqual([...values], twelve);
  }
  const { shape } = await decodeIdx(idx([0], []));
  t.deepEqual(shape, [0]);
});

const BAD_IDX: readonly [title: string, bytes: Uint8Array, message: RegExp][] = [
  ['nothing', new Uint8Array(), /^decodeIdx: expected an IDX file, .* got an empty one\.$/],
  ['a PNG file', Uint8Array.from([0x89, 0x50, 0x4e, 0x47]), /got one that begins with 89 50 4e 47\.$/],
  ['an unknown type', idx([1], [1], 7), /got one that begins with 00 00 07 01\.$/],
  ['floats', idx([1], [0, 0, 0, 0], 0x0d), /^decodeIdx: expected an IDX file of unsigned bytes, got one of float32\.$/],
  ['a cut header', idx([2, 2, 3], []).subarray(0, 9), /expected 16 bytes of header, got 9\. The file may be damaged/],
  [
    'a cut body',
    idx([2, 2, 3], twelve).subarray(0, 27),
    /expected 28 bytes, for numbers of shape \[2, 2, 3\], got 27\./,
  ],
  ['too much', idx([2, 2], twelve), /expected 16 bytes, .* got 24\./],
  ['a cut archive', gzipSync(idx([2, 2, 3], twelve)).subarray(0, 25), /expected a whole gzip archive, got one that cannot be inflated/], // prettier-ignore
];

for (const [title, bytes, message] of BAD_IDX) {
  test(`refused as IDX: ${title}`, async (t) => {
    await t.throwsAsync(decodeIdx(bytes), { instanceOf: FlowFileError, message });
  });
}

test('the digits of the demo are 7000 images with labels', async (t) => {
  const { images, labels, shape } = await readMnist({ images: DIGITS, labels: pathToFileURL(LABELS) });
  t.deepEqual(shape, [7000, 28, 28, 1]);
  t.deepEqual([...labels!.slice(0, 10)], [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  t.is(images.length, 7000 * 784);
  const brightest = images.reduce((a, b) => Math.max(a, b));
  const mean = images.reduce((a, b) => a + b) / images.length;
  t.is(brightest, 255);
  t.true(mean > 28 && mean < 38, `mean ${mean}`);
  // Where the top line of the first digit, a seven, begins.
  t.deepEqual([...images.slice(7 * 28 + 5, 7 * 28 + 13)], [0, 84, 185, 159, 151, 60, 36, 0]);
});

test('files come from paths, URLs, servers, blobs and bytes alike', async (t) => {
  const bytes = idx([1, 2, 2], [1, 2, 3, 4]);
  const folder = mkdtempSync(join(tmpdir(), 'images-'));
  const path = join(folder, 'four');
  writeFileSync(path, gzipSync(bytes));
  const server = createServer((request, answer) => {
    if (request.url === '/four') answer.end(bytes);
    else answer.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const sources = [path, pathToFileURL(path), pathToFileURL(path).href, `${host}/four`, new Blob([bytes as BlobPart]), bytes, bytes.buffer as ArrayBuffer]; // prettier-ignore
    for (const images of sources) t.deepEqual([...(await readMnist({ images })).images], [1, 2, 3, 4]);
    const missing = { instanceOf: FlowFileError };
    await t.throwsAsync(readMnist({ images: `${host}/none` }), { ...missing, message: /^readMnist\.images: expected a file at .*status 404/ }); // prettier-ignore
    await t.throwsAsync(readMnist({ images: join(folder, 'none') }), { ...missing, message: /to read .*none, got ENOENT\./ }); // prettier-ignore
    await t.throwsAsync(readMnist({ images: 5 as never }), { ...missing, message: /expected a path, a URL, a Blob or bytes, got number/ }); // prettier-ignore
  } finally {
    server.close();
  }
  await t.throwsAsync(readMnist({ images: `${host}/four` }), {
    instanceOf: FlowFileError,
    message: /expected to fetch/,
  });
});

test('files that do not belong together are refused', async (t) => {
  const [images, labels] = [idx([2, 2, 3], twelve), idx([3], [1, 2, 3])];
  const refused = async (files: Parameters<typeof readMnist>[0], message: RegExp) => {
    await t.throwsAsync(readMnist(files), { instanceOf: FlowFileError, message });
  };
  await refused({ images, labels }, /^readMnist\.labels: expected one label for each of 2 images, got axes of lengths \[3\]/); // prettier-ignore
  await refused(
    { images: labels },
    /^readMnist\.images: .* got axes of lengths \[3\]\. This looks like a file of labels/,
  );
  await refused({ images, labels: images }, /expected one label for each of 2 images/);
});

/** Images of CIFAR: value 7 i + 3 c + (pixel mod 50) at image i, channel c. */
function cifar(labels: readonly (readonly number[])[]): Uint8Array {
  const planes = (i: number) =>
    [0, 1, 2].flatMap((c) => Array.from({ length: 1024 }, (_, p) => 7 * i + 3 * c + (p % 50)));
  return Uint8Array.from(labels.flatMap((own, i) => [...own, ...planes(i)]));
}

test('CIFAR batches are read with their channels last, and with either kind of label', async (t) => {
  const ten = await decodeCifar(gzipSync(cifar([[3], [9]])), { classes: 10 });
  t.deepEqual(ten.shape, [2, 32, 32, 3]);
  t.deepEqual([...ten.labels!], [3, 9]);
  for (const [image, pixel] of [
    [0, 0],
    [0, 777],
    [1, 33],
    [1, 1023],
  ]) {
    // prettier-ignore
    const at = (image * 1024 + pixel) * 3;
    const first = 7 * image + (pixel % 50);
    t.deepEqual([...ten.images.slice(at, at + 3)], [first, first + 3, first + 6]);
  }
  const hundred = cifar([[19, 99], [0, 42]]); // prettier-ignore
  t.deepEqual([...(await decodeCifar(hundred, { classes: 100 })).labels!], [99, 42]);
  t.deepEqual([...(await decodeCifar(hundred, { classes: 20 })).labels!], [19, 0]);
  const both = await readCifar({ batches: [cifar([[1]]), cifar([[2], [0]])], classes: 10 });
  t.deepEqual([both.shape[0], ...both.labels!], [3, 1, 2, 0]);
});

test('what is no batch of CIFAR is refused', async (t) => {
  const file = { instanceOf: FlowFileError };
  await t.throwsAsync(decodeCifar(cifar([[3]]).subarray(1), { classes: 10 }), { ...file, message: /^decodeCifar: expected a multiple of 3073 bytes, 3073 an image, got 3072\./ }); // prettier-ignore
  await t.throwsAsync(decodeCifar(new Uint8Array(), { classes: 10 }), { ...file, message: /got 0\./ });
  await t.throwsAsync(decodeCifar(cifar([[3, 4]]), { classes: 10 }), { ...file, message: /got 3074\./ });
  await t.throwsAsync(decodeCifar(cifar([[3], [10]]), { classes: 10 }), { ...file, message: /expected labels below 10, got 10 at image 1\./ }); // prettier-ignore
  await t.throwsAsync(readCifar({ batches: [cifar([[0]]), new Uint8Array(3)], classes: 10 }), { ...file, message: /^readCifar\.batches\[1\]: / }); // prettier-ignore
  const config = { instanceOf: FlowConfigError };
  await t.throwsAsync(readCifar({ batches: [], classes: 10 }), { ...config, message: /at least one file, got none/ });
  await t.throwsAsync(decodeCifar(cifar([[3]]), { classes: 7 as never }), {
    ...config,
    message: /10, 20 or 100, got 7/,
  });
});
