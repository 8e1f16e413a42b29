import { decode, encode } from 'fast-png';
import test from 'ava';
import { augment, FlowConfigError, FlowDataError, FlowShapeError, imageGrid, ImageSet, RandomStream } from '../../../src/index.js'; // prettier-ignore

const count = (n: number) => Uint8Array.from({ length: n }, (_, i) => i);

/** Three images of 2 × 3 pixels and two channels, all numbers different. */
const small = () => new ImageSet({ images: count(36), labels: Uint8Array.of(4, 2, 4), shape: [3, 2, 3, 2] });
const grey = (values: readonly number[], [height, width]: [number, number]) =>
  new ImageSet({ images: Uint8Array.from(values), shape: [values.length / (height * width), height, width, 1] });

test('images are taken, shared out and put together with their labels', (t) => {
  const set = small();
  t.deepEqual([set.length, set.eventShape], [3, [2, 3, 2]]);
  const picked = set.take([2, 0]);
  t.deepEqual([...picked.images], [...set.images.slice(24), ...set.images.slice(0, 12)]);
  t.deepEqual([...picked.labels!], [4, 4]);
  t.deepEqual([...set.take(2).images], [...set.images.slice(0, 24)]);
  t.deepEqual([...set.ofClass(2).images], [...set.images.slice(12, 24)]);
  const { train, test: held } = set.split({ fractions: { train: 2 / 3, test: 1 / 3 }, seed: 1 });
  t.deepEqual([train.length, held.length], [2, 1]);
  const again = ImageSet.concat([train, held]);
  t.deepEqual([...again.images].sort((a, b) => a - b), [...set.images]); // prettier-ignore
  t.deepEqual([...again.labels!].sort(), [2, 4, 4]);
  t.is(ImageSet.concat([set, new ImageSet({ images: count(12), shape: [1, 2, 3, 2] })]).labels, null);
  t.deepEqual([...set.oneHotLabels(5)], [0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1]);
});

test('padding and cropping are undone by each other, and keep to the middle', (t) => {
  const set = small();
  const padded = set.pad([4, 6], 99);
  t.deepEqual(padded.shape, [3, 4, 6, 2]);
  t.deepEqual([...padded.crop([2, 3]).images], [...set.images]);
  const one = grey([1, 2, 3, 4], [2, 2]).pad(3);
  t.deepEqual([...one.images], [1, 2, 0, 3, 4, 0, 0, 0, 0]);
  t.deepEqual([...grey([...count(16)], [4, 4]).crop(2).images], [5, 6, 9, 10]);
  t.is(set.pad([4, 6]).images.filter((value) => value === 0).length, 3 * (24 - 6) * 2 + 1);
});

test('smaller images are means over areas, also where these cut pixels', (t) => {
  t.deepEqual([...grey([10, 20, 30, 60, 0, 0, 8, 8], [2, 4]).resize([1, 2]).images], [8, 27]);
  // Three pixels onto two: each new one covers one and a half of them.
  t.deepEqual([...grey([30, 60, 120], [1, 3]).resize([1, 2]).images], [40, 100]);
  const set = small();
  t.deepEqual([...set.resize([2, 3]).images], [...set.images]);
  const flat = grey(Array<number>(28 * 28).fill(201), [28, 28]).resize(16);
  t.true(flat.images.every((value) => value === 201));
});

test('fewer bits keep the highest ones', (t) => {
  const all = grey([...count(256)], [16, 16]);
  const five = all.withBits(5);
  t.true(five.images.every((value, i) => value === Math.floor(i / 8)));
  t.deepEqual([...all.withBits(8).images], [...all.images]);
  t.true(all.withBits(1).images.every((value, i) => value === (i < 128 ? 0 : 1)));
});

test('sets that do not add up, and sizes and places that are not there, are refused', (t) => {
  const config = { instanceOf: FlowConfigError };
  const data = { instanceOf: FlowDataError };
  const shape = { instanceOf: FlowShapeError };
  t.throws(() => new ImageSet({ images: count(5), shape: [1, 2, 3, 1] }), { ...shape, message: /expected 6 numbers .* got 5/ }); // prettier-ignore
  t.throws(() => new ImageSet({ images: count(6), labels: count(2), shape: [1, 2, 3, 1] }), { ...shape, message: /expected 1 labels, got 2/ }); // prettier-ignore
  t.throws(() => ImageSet.concat([]), { ...config, message: /at least one set/ });
  t.throws(() => ImageSet.concat([small(), grey([1], [1, 1])]), { ...shape, message: /\[2, 3, 2\].* got \[1, 1, 1\]/ });
  for (const which of [4, [3], [-1], [0.5], 0])
    t.throws(() => small().take(which), { ...data, message: /from 0 to 2/ });
  t.throws(() => small().ofClass(7), { ...data, message: /label 7, got none/ });
  t.throws(() => grey([1], [1, 1]).ofClass(7), { ...data, message: /without labels/ });
  t.throws(() => small().oneHotLabels(4), { ...data, message: /labels below 4, got 4 at image 0/ });
  t.throws(() => grey([1], [1, 1]).oneHotLabels(4), { ...data, message: /without labels/ });
  t.throws(() => small().pad(2), { ...config, message: /at least 2 × 3, got 2 × 2/ });
  t.throws(() => small().crop(3), { ...config, message: /at most 2 × 3, got 3 × 3/ });
  t.throws(() => small().resize([0, 1]), { ...config, message: /at most 2 × 3, got 0 × 1/ });
  t.throws(() => small().withBits(9), { ...config, message: /from 1 to 8, got 9/ });
});

const all = (pass: Iterable<unknown>) => [...pass].flatMap((batch) => [...(batch as Uint8Array)]);

test('augmented images are mirrored or moved as a whole, by the random numbers of the pass', (t) => {
  const n = 600;
  const set = new ImageSet({
    images: Uint8Array.from({ length: n * 6 }, (_, i) => 1 + (i % 251)),
    shape: [n, 2, 3, 1],
  });
  const data = augment(set, { flip: true, shift: 1 });
  t.deepEqual(all(data(null)), [...set.images], 'as they are without random numbers');
  const pass = (name: string) => all(data(new RandomStream(name)));
  const one = pass('one');
  t.deepEqual(pass('one'), one);
  t.notDeepEqual(pass('two'), one);

  /** All that an image may become. */
  const versions = (image: Uint8Array) =>
    [false, true].flatMap((mirrored) =>
      [-1, 0, 1].flatMap((down) =>
        [-1, 0, 1].map((right) => {
          const at = (y: number, x: number) =>
            y < 0 || y > 1 || x < 0 || x > 2 ? 0 : image[3 * y + (mirrored ? 2 - x : x)];
          return Array.from({ length: 6 }, (_, i) => at(Math.floor(i / 3) - down, (i % 3) - right)).join();
        }),
      ),
    );
  const known = new Map<string, number>();
  for (let i = 0; i < n; i++) for (const version of versions(set.take([i]).images)) known.set(version, i);
  const found = Array.from({ length: n }, (_, i) => one.slice(6 * i, 6 * i + 6).join());
  t.true(found.every((image) => known.has(image)));
  t.true(new Set(found).size > 0.8 * n);
  const kept = found.filter((image, i) => image === [...set.take([i]).images].join()).length;
  t.true(kept < 10, 'images come in another order');
  const flips = all(augment(set, { flip: true })(new RandomStream('flips')));
  const originals = new Set(Array.from({ length: n }, (_, i) => [...set.take([i]).images].join()));
  const unchanged = Array.from({ length: n }, (_, i) => flips.slice(6 * i, 6 * i + 6).join()).filter((image) => originals.has(image)).length; // prettier-ignore
  t.true(Math.abs(unchanged - n / 2) < 5 * Math.sqrt(n / 4), `${unchanged} of ${n} not mirrored`);
});

test('augmented images keep their labels', (t) => {
  const set = new ImageSet({ images: count(200), labels: count(200).map((i) => i % 4), shape: [200, 1, 1, 1] });
  for (const batch of augment(set, { classes: 4 })(new RandomStream(0))) {
    const { x, context } = batch as { x: Uint8Array; context: Float32Array };
    x.forEach((value, i) => t.is(context[4 * i + (value % 4)], 1));
    t.is(context.reduce((a, b) => a + b), x.length); // prettier-ignore
  }
  for (const shift of [-1, 0.5, 1]) t.throws(() => augment(set, { shift }), { instanceOf: FlowConfigError, message: /below 1, got/ }); // prettier-ignore
});

test('a grid shows images in reading order, clamped, and comes back from a PNG file as it is', (t) => {
  const values = [0, 255, 128, -7, 300, 64];
  const picture = imageGrid(values, { shape: [3, 1, 2, 1], columns: 2, gap: 1 });
  t.deepEqual([picture.width, picture.height, picture.channels], [5, 3, 1]);
  const [line, empty] = [picture.data[2], picture.data[14]];
  t.deepEqual([...picture.data], [0, 255, line, 128, 0, line, line, line, line, line, 255, 64, line, empty, empty]);
  const png = decode(encode(picture));
  t.deepEqual([png.width, png.height, png.channels, png.depth], [5, 3, 1, 8]);
  t.deepEqual([...png.data], [...picture.data]);
});

test('a grid can be scaled, of few bits, in colour, and for a canvas', (t) => {
  const big = imageGrid([0, 1], { shape: [1, 1, 2, 1], bits: 1, scale: 2 });
  t.deepEqual([big.width, big.height, ...big.data], [4, 2, 0, 0, 255, 255, 0, 0, 255, 255]);
  const colour = imageGrid([1, 2, 3, 4, 5, 6], { shape: [1, 2, 1, 3] });
  t.deepEqual([...colour.data], [1, 2, 3, 4, 5, 6]);
  t.deepEqual([...decode(encode(colour)).data], [1, 2, 3, 4, 5, 6]);
  t.deepEqual([...imageGrid([1, 2, 3], { shape: [1, 1, 1, 3], rgba: true }).data], [1, 2, 3, 255]);
  const canvas = imageGrid([9, 7], { shape: [2, 1, 1, 1], rgba: true, gap: 1 });
  t.deepEqual([...canvas.data].filter((_, i) => i % 4 === 3), [255, 255, 255]); // prettier-ignore
  t.deepEqual([...canvas.data].slice(0, 3), [9, 9, 9]);
  t.deepEqual([imageGrid(count(10), { shape: [10, 1, 1, 1], gap: 0 }).width], [4]);
});

test('what cannot be laid out is refused', (t) => {
  const shape = [2, 1, 1, 1];
  for (const wrong of [
    [2, 1, 1],
    [3, 1, 1, 1],
    [1, 1, 1, 2],
    [0, 1, 1, 1],
  ]) {
    // prettier-ignore
    t.throws(() => imageGrid([1, 2], { shape: wrong }), { instanceOf: FlowShapeError, message: /\[n, height, width, 1 or 3\]/ }); // prettier-ignore
  }
  for (const options of [{ columns: 0 }, { scale: 0.5 }, { gap: -1 }, { bits: 0 }]) {
    const [name, value] = Object.entries(options)[0];
    const message = new RegExp(`^imageGrid\\.${name}: expected .* got ${value}\\.$`);
    t.throws(() => imageGrid([1, 2], { shape, ...options }), { instanceOf: FlowConfigError, message });
  }
});
