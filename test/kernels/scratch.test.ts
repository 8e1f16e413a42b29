import test from 'ava';
import { attentionOp } from '../../src/kernels/attention/op.js';
import type { SimdCall } from '../../src/kernels/fused/wasm.js';
import { paddedInverseOp } from '../../src/kernels/padded-convolution/op.js';
import { rowNormOp } from '../../src/kernels/row-norm/op.js';
import { CONVOLUTION_GRADIENTS } from '../../src/kernels/stock-repairs/convolution.js';
import { geometryOf } from '../../src/kernels/stock-repairs/convolution-geometry.js';
import { instantiateSimd, loadSimd } from '../../src/kernels/wasm/module.js';
import { sizeOf, type Shape } from '../../src/shapes.js';

test.before(loadSimd);

const GUARD = 64;
const MARK = 12345;

/** Memory of its own for the module, in which every block is followed by marked numbers that nobody may change. */
class GuardedMemory {
  readonly #memory = new WebAssembly.Memory({ initial: 256 });
  readonly #functions = instantiateSimd(this.#memory);
  readonly #guards: number[] = [];
  #next = 64;

  readonly allocate = (floats: number): number => {
    const [address, floatsHere] = [this.#next, new Float32Array(this.#memory.buffer)];
    this.#guards.push(address + 4 * floats);
    floatsHere.fill(MARK, address / 4 + floats, address / 4 + floats + GUARD);
    this.#next += 4 * (floats + GUARD);
    return address;
  };

  run(calls: readonly SimdCall[]): void {
    for (const [name, ...args] of calls) this.#functions[name](...args);
  }

  isIntact(): boolean {
    const numbers = new Float32Array(this.#memory.buffer);
    return this.#guards.every((at) => numbers.subarray(at / 4, at / 4 + GUARD).every((value) => value === MARK));
  }
}

const IMAGES: readonly Shape[] = [[2, 6, 5, 3], [1, 1, 1, 1], [3, 9, 9, 13], [40, 9, 7, 12]]; // prettier-ignore

test('gradients of convolutions stay within the memory that they ask for', (t) => {
  for (const gradient of CONVOLUTION_GRADIENTS) {
    for (const image of IMAGES) {
      for (const [size, stride, outChannels] of [
        [3, 1, 8],
        [3, 2, 5],
        [1, 1, 1],
        [1, 2, 9],
      ]) {
        // prettier-ignore
        const filter = [size, size, image[3], gradient.depthwise ? 2 : outChannels];
        const g = geometryOf('test', image, filter, { strides: stride, pad: 'same' }, gradient.depthwise);
        const memory = new GuardedMemory();
        const y = memory.allocate(g.batch * g.outHeight * g.outWidth * g.outChannels);
        const [x, w] = [image, filter].map((shape) => memory.allocate(sizeOf(shape)));
        const work = memory.allocate(gradient.scratch(g));
        memory.run([gradient.target === 'filter' ? gradient.simd(g, x, y, w, work) : gradient.simd(g, y, w, x, work)]);
        t.true(memory.isIntact(), `${gradient.kernelName} ${image.join('x')} by ${filter.join('x')}, stride ${stride}`);
      }
    }
  }
});

test('the inverse of a padded convolution stays within the memory that it asks for', (t) => {
  for (const image of IMAGES) {
    for (const size of [1, 2, 3]) {
      const taps = [size, size, image[3], image[3]];
      const memory = new GuardedMemory();
      const scratch = memory.allocate;
      const [z, x, dx, dz] = Array.from({ length: 4 }, () => memory.allocate(sizeOf(image)));
      const [k, dk] = Array.from({ length: 2 }, () => memory.allocate(sizeOf(taps)));
      memory.run(paddedInverseOp.wasm!({ inputs: [z, k], inputShapes: [image, taps], outputs: [x], scratch }, {}));
      const shapes = { inputs: [k, x, dx], inputShapes: [taps, image, image] };
      memory.run(paddedInverseOp.gradient!.wasm!({ ...shapes, outputs: [dz, dk], scratch }, {}));
      memory.run(paddedInverseOp.gradient!.wasm!({ ...shapes, outputs: [null, dk], scratch }, {}));
      memory.run(paddedInverseOp.gradient!.wasm!({ ...shapes, outputs: [dz, null], scratch }, {}));
      t.true(memory.isIntact(), `${image.join('x')}, kernel ${size}`);
    }
  }
});

test('attention stays within the memory that it asks for', (t) => {
  for (const { attributes, inputs } of attentionOp.samples) {
    const shapes = inputs.map(({ shape }) => shape);
    const memory = new GuardedMemory();
    const scratch = memory.allocate;
    const [q, k, v, dq, dk, dv] = [...shapes, ...shapes].map((shape) => memory.allocate(sizeOf(shape)));
    const [y, dy] = [shapes[0], shapes[0]].map((shape) => memory.allocate(sizeOf(shape)));
    memory.run(attentionOp.wasm!({ inputs: [q, k, v], inputShapes: shapes, outputs: [y], scratch }, attributes));
    const given = { inputs: [q, k, v, dy], inputShapes: [...shapes, shapes[0]], scratch };
    for (const outputs of [[dq, dk, dv], [null, dk, null], [dq, null, null], [null, null, dv]]) {
      memory.run(attentionOp.gradient!.wasm!({ ...given, outputs }, attributes));
    } // prettier-ignore
    t.true(memory.isIntact(), shapes.join(' '));
  }
});

test('the normalisation of rows stays within the memory that it asks for', (t) => {
  for (const { attributes, inputs } of rowNormOp.samples) {
    const shapes = inputs.map(({ shape }) => shape);
    const memory = new GuardedMemory();
    const scratch = memory.allocate;
    const [x, gain, bias, dx, dGain, dBias] = [...shapes, ...shapes].map((shape) => memory.allocate(sizeOf(shape)));
    const [y, dy] = [shapes[0], shapes[0]].map((shape) => memory.allocate(sizeOf(shape)));
    memory.run(rowNormOp.wasm!({ inputs: [x, gain, bias], inputShapes: shapes, outputs: [y], scratch }, attributes));
    const given = { inputs: [x, gain, dy], inputShapes: [shapes[0], shapes[1], shapes[0]], scratch };
    for (const outputs of [[dx, dGain, dBias], [null, dGain, null], [dx, null, null]]) {
      memory.run(rowNormOp.gradient!.wasm!({ ...given, outputs }, attributes));
    } // prettier-ignore
    t.true(memory.isIntact(), shapes.join(' '));
  }
});
