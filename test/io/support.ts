import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ExecutionContext } from 'ava';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Affine, Chain, Distribution, Flow, Permute, type Config, type RandomStream } from '../../src/index.js';

/** An empty folder that is deleted when the test ends. */
export function temporaryFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-flows-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A class that the library does not know: independent standard normal numbers. */
export class UnitNormal extends Distribution {
  static override readonly className: string = 'UnitNormal';

  override readonly eventShape: number[];

  constructor({ dims }: { dims: number }) {
    super();
    this.eventShape = [dims];
  }

  protected override density(x: Tensor): Tensor {
    return tf.mul(-0.5, tf.sum(tf.add(tf.square(x), Math.log(2 * Math.PI)), -1));
  }

  protected override draw(n: number, stream: RandomStream): Tensor {
    return stream.normalTensor([n, ...this.eventShape]);
  }

  override getConfig(): Config {
    return { dims: this.eventShape[0] };
  }
}

/** A flow with weights of its own, a constant and a layer without weights. */
export function smallFlow(): Flow {
  const bijectors = [Affine.sample(3), new Permute({ permutation: [2, 0, 1] }), Affine.sample(3)];
  const flow = new Flow({ base: new UnitNormal({ dims: 3 }), bijector: new Chain({ bijectors }) });
  tf.tidy(() => flow.trainableVariables.forEach((v, i) => v.assign(tf.add(v, tf.scalar(0.1 * i + 1e-7)))));
  return flow;
}
