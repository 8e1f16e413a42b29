import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Affine,
  Chain,
  decodeSafetensors,
  Flow,
  FlowConfigError,
  FlowError,
  FlowFileError,
  FlowNumericsError,
  loadFlow,
  Permute,
  ready,
  removeFlow,
} from '../../src/index.js';
import type { Config, ConfigurableClass, Distribution } from '../../src/index.js';
import { saveModule } from '../../src/io/save.js';
import { onEachBackend } from '../support/backends.js';
import { smallFlow, temporaryFolder, UnitNormal } from './support.js';

const classes = [UnitNormal];

const POINTS = [0.1, -2, 3, 1e-3, 40, -7];

function densities(flow: Distribution): Uint8Array {
  return tf.tidy(
    () => new Uint8Array((flow.logProb(tf.tensor(POINTS, [2, 3])).dataSync() as Float32Array).slice().buffer),
  );
}

onEachBackend(test, 'a saved flow comes back with the same densities, bit for bit', async (t, backend) => {
  for (const url of [`file://${temporaryFolder(t)}/deep/model`, `memory://${backend}`]) {
    const before = tf.memory().numTensors;
    const flow = smallFlow();
    const expected = densities(flow);
    await flow.save(url);
    flow.dispose();
    const loaded = await loadFlow(url, { classes });
    t.deepEqual(densities(loaded), expected);
    t.deepEqual(
      loaded.parameters.map(({ path, trainable }) => [path, trainable]),
      smallFlowPaths(),
    );
    // Saving what was loaded gives the same files.
    await loaded.save('memory://again');
    const again = await loadFlow('memory://again', { classes });
    t.deepEqual(densities(again), expected);
    loaded.dispose();
    again.dispose();
    t.is(tf.memory().numTensors, before);
  }
});

function smallFlowPaths(): [string, boolean][] {
  const flow = smallFlow();
  const paths = flow.parameters.map(({ path, trainable }): [string, boolean] => [path, trainable]);
  flow.dispose();
  return paths;
}

test.before(async () => {
  await ready({ backend: 'cpu' });
});

test.serial('the files say what they are', async (t) => {
  await ready({ backend: 'cpu' });
  const folder = temporaryFolder(t);
  using flow = smallFlow();
  await flow.save(`file://${folder}`);
  const manifest = JSON.parse(readFileSync(join(folder, 'flow.json'), 'utf8')) as Record<string, unknown>;
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  t.is(manifest.format, 'tfjs-flows');
  t.is(manifest.version, 1);
  t.is(manifest.library, version);
  t.is((manifest.model as { className: string }).className, 'Flow');
  t.deepEqual((manifest.parameters as unknown[])[0], { path: 'bijector.0.shift', shape: [3] });
  const { tensors } = decodeSafetensors(readFileSync(join(folder, 'weights.safetensors')));
  t.deepEqual([...tensors.keys()], flow.parameters.map(({ path }) => path)); // prettier-ignore
});

test.serial('modules that were not to be trained stay so', async (t) => {
  using flow = smallFlow();
  flow.bijector.children.get('2')!.trainable = false;
  await flow.save('memory://frozen');
  using loaded = await loadFlow('memory://frozen', { classes });
  t.deepEqual(
    loaded.parameters.map(({ trainable }) => trainable),
    flow.parameters.map(({ trainable }) => trainable),
  );
  t.is(loaded.trainableVariables.length, 2);
});

test.serial('a flow is loaded from files that a user chose, whatever a browser called them', async (t) => {
  const folder = temporaryFolder(t);
  using flow = smallFlow();
  await flow.save(`file://${folder}`);
  const [manifest, weights] = ['flow.json', 'weights.safetensors'].map((name) => readFileSync(join(folder, name)));
  const files = [new File([weights], 'demo.weights.safetensors'), new File([manifest], 'flow (1).json')];
  using loaded = await loadFlow(files, { classes });
  t.deepEqual(densities(loaded), densities(flow));
  await t.throwsAsync(loadFlow([files[0]], { classes }), {
    instanceOf: FlowFileError,
    message:
      /^loadFlow: expected one \.json file among those chosen, got demo\.weights\.safetensors\. A saved model is/,
  });
  await t.throwsAsync(loadFlow([...files, files[0]], { classes }), { message: /expected one \.safetensors file/ });
  await t.throwsAsync(loadFlow([]), { message: /got no files/ });
});

test.serial('a removed flow is gone', async (t) => {
  using flow = smallFlow();
  for (const url of [`file://${temporaryFolder(t)}/model`, 'memory://removed']) {
    await flow.save(url);
    await removeFlow(url);
    await removeFlow(url);
    await t.throwsAsync(loadFlow(url, { classes }), { instanceOf: FlowFileError, message: /expected flow\.json in/ });
  }
});

test.serial('a flow that cannot be loaded again is not saved, and what was there stays', async (t) => {
  using flow = smallFlow();
  await flow.save('memory://kept');
  const expected = densities(flow);
  const { variable, path } = flow.parameters[1];
  const sound = variable.clone();
  tf.tidy(() => variable.assign(tf.tensor([0, NaN, 0])));
  const error = await t.throwsAsync(flow.save('memory://kept'), {
    instanceOf: FlowNumericsError,
    message: /^Flow\.save: expected finite numbers in "bijector\.0\.logScale", got NaN at index 1\. The model diverged/,
  });
  t.is(error.path, path);
  variable.assign(sound);
  sound.dispose();

  class Nameless extends UnitNormal {}
  using nameless = new Flow({ base: new Nameless({ dims: 3 }), bijector: Affine.sample(3) });
  await t.throwsAsync(nameless.save('memory://kept'), {
    instanceOf: FlowConfigError,
    message:
      /^Nameless: expected a static `className` of its own, to be saved under, got "UnitNormal", that of the class/,
  });
  const disposed = smallFlow();
  disposed.dispose();
  await t.throwsAsync(disposed.save('memory://kept'), { instanceOf: FlowConfigError, message: /got a disposed one/ });
  using loaded = await loadFlow('memory://kept', { classes });
  t.deepEqual(densities(loaded), expected);
});

test.serial('only a Flow is loaded as one', async (t) => {
  using affine = Affine.sample(2);
  await saveModule(affine, 'memory://affine');
  const before = tf.memory().numTensors;
  await t.throwsAsync(loadFlow('memory://affine'), {
    message: /^loadFlow: expected a saved Flow, got a saved Affine\./,
  });
  t.is(tf.memory().numTensors, before);
});

test.serial('classes have to be found by name', async (t) => {
  class Impostor extends UnitNormal {
    static override readonly className = 'Affine';
  }
  class Nameless extends UnitNormal {}
  for (const [added, message] of [
    [Impostor, /^loadFlow\.classes: expected a static `className` on Impostor that no other class has, got "Affine"/],
    [Nameless, /`className` on Nameless/],
  ] as const) {
    await t.throwsAsync(loadFlow('memory://any', { classes: [added] }), { instanceOf: FlowConfigError, message });
  }
  await t.throwsAsync(loadFlow('memory://any', { classes: [UnitNormal, Affine] }), { instanceOf: FlowFileError });
});

test.serial('a constructor that fails half-way leaves no variable behind', async (t) => {
  let fails = false;
  class Fragile extends Affine {
    static override readonly className = 'Fragile';
    constructor(options: Config) {
      super(options);
      if (fails) throw new Error('half-way');
    }
  }
  using flow = new Flow({ base: new UnitNormal({ dims: 3 }), bijector: new Fragile({ shift: [1, 2, 3] }) });
  await flow.save('memory://fragile');
  const before = tf.memory().numTensors;
  fails = true;
  const own: ConfigurableClass[] = [UnitNormal, Fragile];
  const error = await t.throwsAsync(loadFlow('memory://fragile', { classes: own }), {
    instanceOf: FlowFileError,
    message: /options that Fragile accepts at model\.bijector, got "half-way"/,
  });
  t.is((error.cause as Error).message, 'half-way');
  t.is(tf.memory().numTensors, before);
});

test.serial('a place that cannot be written is named, and the flow lives on', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'file'), '');
  using flow = smallFlow();
  const before = tf.memory().numTensors;
  await t.throwsAsync(flow.save(`file://${folder}/file/model`), {
    instanceOf: FlowFileError,
    message: /^Flow\.save: expected to write the folder/,
  });
  await t.throwsAsync(flow.save('models/demo'), {
    instanceOf: FlowError,
    message: /For a folder write "file:\/\/models\/demo"/,
  });
  t.is(tf.memory().numTensors, before);
  t.is(densities(flow).length, 8);
});

test.serial('infinite and negative-zero options survive', async (t) => {
  class Bounded extends UnitNormal {
    static override readonly className = 'Bounded';
    readonly #options: { dims: number; bounds: number[] };
    constructor(options: { dims: number; bounds: number[] }) {
      super(options);
      this.#options = options;
    }
    override getConfig(): Config {
      return this.#options;
    }
  }
  const bounds = [-Infinity, -0, NaN, Infinity];
  using flow = new Flow({ base: new Bounded({ dims: 2, bounds }), bijector: new Chain({ bijectors: [new Permute({ permutation: [1, 0] })] }) }); // prettier-ignore
  await flow.save('memory://bounded');
  using loaded = await loadFlow('memory://bounded', { classes: [Bounded] });
  t.deepEqual(loaded.base.getConfig(), { dims: 2, bounds });
});
