import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  Conditioner,
  ConvNet,
  ElementwiseAffine,
  FlowConfigError,
  FlowShapeError,
  MLP,
  RandomStream,
  RationalQuadraticSpline,
  SpatialCoupling,
  type ConditionerRequest,
  type Config,
  type SpatialCouplingOptions,
} from '../../../src/index.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';
import { countKernels } from '../../support/count-kernels.js';
import { perturb } from '../../support/perturb.js';

const network = (request: ConditionerRequest) => new ConvNet({ ...request, hidden: [6, 6], seed: 7 });
const transform = new ElementwiseAffine();

const MASKS: readonly { title: string; shape: number[]; mask: SpatialCouplingOptions['mask'] }[] = [
  { title: 'channels', shape: [2, 3, 4], mask: 'channels' },
  { title: 'an odd number of channels', shape: [2, 2, 3], mask: 'channels' },
  { title: 'listed channels', shape: [2, 2, 3], mask: [true, false, true] },
  { title: 'a checkerboard', shape: [2, 4, 2], mask: 'checkerboard' },
  { title: 'a checkerboard with an odd number of pixels', shape: [3, 3, 1], mask: 'checkerboard' },
];

for (const { title, shape, mask } of MASKS) {
  for (const flip of [false, true]) {
    onEachBackend(test, `${title}, flip ${flip}: an untrained layer is exactly the identity`, (t) => {
      using layer = new SpatialCoupling({ eventShape: shape, mask, flip, transform, conditioner: network });
      tf.tidy(() => {
        const x = new RandomStream('x').normalTensor([5, ...shape]);
        const [y, logDet] = layer.inverseAndLogDet(x);
        assertClose(t, y, x.dataSync(), 0);
        assertClose(t, logDet, new Float32Array(5), 0);
      });
    });
  }

  onEachBackend(test, `${title}: with flip the other entries are transformed, none twice and none never`, (t) => {
    const expected = transformedEntries(shape, mask!);
    for (const flip of [false, true]) {
      using layer = new SpatialCoupling({ eventShape: shape, mask, flip, transform, conditioner: network });
      perturb(layer, 'masks');
      tf.tidy(() => {
        const x = new RandomStream('x').normalTensor([3, ...shape]);
        const moved = tf.notEqual(layer.forward(x), x).dataSync();
        t.deepEqual(
          Array.from(moved, Boolean),
          Array.from(moved, (_, i) => expected[i % expected.length] !== flip),
        );
      });
    }
  });
}

/** Which entries of one image are transformed, said once more. */
function transformedEntries(
  [height, width, channels]: readonly number[],
  mask: NonNullable<SpatialCouplingOptions['mask']>,
): boolean[] {
  return Array.from({ length: height * width * channels }, (_, entry) => {
    const channel = entry % channels;
    const [row, column] = [Math.floor(entry / channels / width), Math.floor(entry / channels) % width];
    if (mask === 'checkerboard') return (row + column) % 2 === 0;
    return mask === 'channels' ? channel >= Math.floor(channels / 2) : mask[channel];
  });
}

onEachBackend(test, 'what is transformed depends on what is kept nearby, and not on its like', (t) => {
  using layer = new SpatialCoupling({ eventShape: [4, 4, 2], transform, conditioner: network });
  perturb(layer, 'dependence');
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([1, 4, 4, 2]);
    const changed = (channel: number) => {
      const pixel = tf.buffer([1, 4, 4, 2]);
      pixel.set(1, 0, 1, 1, channel);
      const before = layer.forward(x);
      const after = layer.forward(tf.add(x, pixel.toTensor()));
      return Array.from(tf.notEqual(after, before).dataSync()).filter(Boolean).length;
    };
    t.is(changed(1), 1, 'a transformed entry moves itself alone');
    t.true(changed(0) > 5, 'a kept one moves its neighbours');
  });
});

onEachBackend(test, 'parameters are those of one channel after the other', (t) => {
  const requests: ConditionerRequest[] = [];
  const conditioner = (request: ConditionerRequest) => {
    requests.push(request);
    // Shift, then log-scale, of channel 2; those of channel 3.
    const initialOutput = request.outputs === 4 ? [1, 0, -2, 0] : request.initialOutput;
    return network({ ...request, initialOutput });
  };
  using layer = new SpatialCoupling({ eventShape: [2, 2, 4], transform, conditioner });
  new SpatialCoupling({ eventShape: [2, 2, 3], mask: 'checkerboard', transform, conditioner }).dispose();
  t.deepEqual(requests[0], { inputs: 2, outputs: 4, initialOutput: [0, 0, 0, 0] });
  t.deepEqual(requests[1], { inputs: 3, outputs: 6, initialOutput: [0, 0, 0, 0, 0, 0] });
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([3, 2, 2, 4]);
    assertClose(t, layer.forward(x), tf.add(x, [0, 0, 1, -2]).dataSync(), 1e-6);
  });
});

/** Remembers what it was shown. */
class Witness extends Conditioner {
  static override readonly className = 'Witness';
  override readonly inputs = 1;
  override readonly outputs = 2;
  override readonly hiddenWidth = 1;
  seen: number[] = [];

  protected override network(x: tf.Tensor): tf.Tensor {
    this.seen = [...x.dataSync()];
    return tf.zeros([...x.shape.slice(0, 3), 2]);
  }

  override getConfig(): Config {
    return {};
  }
}

onEachBackend(test, 'with a checkerboard the network sees zeros where the image is transformed', (t) => {
  const witness = new Witness();
  using layer = new SpatialCoupling({ eventShape: [3, 3, 1], mask: 'checkerboard', transform, conditioner: witness });
  tf.tidy(() => layer.forward(tf.reshape(tf.range(1, 10), [1, 3, 3, 1])));
  t.deepEqual(witness.seen, [0, 2, 0, 4, 0, 6, 0, 8, 0]);
});

onEachBackend(test, 'Glow starts from zeros: the data are contracted by sigmoid(2)', (t) => {
  const conditioner = (request: ConditionerRequest) =>
    new ConvNet({ ...request, initialOutput: request.initialOutput.map(() => 0), hidden: [4, 4] });
  const glow = new ElementwiseAffine({ scale: 'sigmoid' });
  using layer = new SpatialCoupling({ eventShape: [2, 2, 2], transform: glow, conditioner });
  tf.tidy(() => {
    const scale = 1 / (1 + Math.exp(-2)) + 1e-3;
    const [y, logDet] = layer.forwardAndLogDet(tf.ones([1, 2, 2, 2]));
    assertClose(t, y, [1, scale, 1, scale, 1, scale, 1, scale], 1e-6);
    assertClose(t, logDet, [4 * Math.log(scale)], 1e-6);
  });
});

onEachBackend(test, 'halves of the channels are slices', (t) => {
  const spline = new RationalQuadraticSpline({ bins: 4 });
  using layer = new SpatialCoupling({ eventShape: [4, 4, 4], transform: spline, conditioner: network });
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([2, 4, 4, 4]);
    const run = () => tf.grad((input: tf.Tensor) => tf.sum(layer.inverse(input)))(x);
    for (const kernel of [tf.GatherV2, tf.Transpose]) t.is(countKernels(run, kernel), 0, kernel);
  });
});

test('impossible layers are refused', (t) => {
  const good = { eventShape: [2, 2, 2], transform, conditioner: network };
  const cases: [string, Partial<SpatialCouplingOptions>, RegExp][] = [
    ['a list as long as other images have', { mask: [true] }, /^SpatialCoupling.mask: expected 'channels', 'checkerboard' or 2 truth values, one a channel, got 1\./], // prettier-ignore
    ['an unknown word', { mask: 'rows' as never }, /one a channel, got 'rows'\./],
    ['nothing transformed', { mask: [false, false] }, /a mask that transforms some coordinates and keeps some/],
    ['one channel', { eventShape: [2, 2, 1] }, /One channel alone needs a checkerboard/],
    ['one pixel', { eventShape: [1, 1, 2], mask: 'checkerboard' }, /one pixel alone a mask of channels/],
    [
      'a conditioner of another size',
      { conditioner: new ConvNet({ inputs: 1, outputs: 3, hidden: [2] }) },
      /a conditioner from 1 inputs to 2 outputs, got 1 to 3.*new ConvNet/,
    ],
  ];
  for (const [title, change, message] of cases) {
    t.throws(() => new SpatialCoupling({ ...good, ...change }), { instanceOf: FlowConfigError, message }, title);
  }
  for (const eventShape of [[4], [2, 2, 0], [2, 2, 2, 2]]) {
    t.throws(() => new SpatialCoupling({ ...good, eventShape }), {
      instanceOf: FlowShapeError,
      message: /SpatialCoupling: expected images, \[height, width, channels\]/,
    });
  }
});

/** A network for rows that is asked for images. */
class Flattening extends MLP {
  protected override network(x: tf.Tensor): tf.Tensor {
    return tf.zeros([x.shape[0], this.outputs]);
  }
}

onEachBackend(test, 'a network that makes no images of images is refused', (t) => {
  const conditioner = (request: ConditionerRequest) => new Flattening({ ...request, hidden: [4] });
  using layer = new SpatialCoupling({ eventShape: [2, 2, 2], transform, conditioner });
  const x = tf.zeros([3, 2, 2, 2]);
  t.throws(() => layer.forward(x), {
    instanceOf: FlowShapeError,
    message:
      /expected a conditioner that maps images \[3, 2, 2, 1\] to \[3, 2, 2, 2\], got MLP, which returned \[3, 2\]/,
  });
  x.dispose();
});
