import asc from 'assemblyscript/asc';
import { hasRelaxedSimd, loadSimd } from '../src/kernels/wasm/module.js';
import { bestSeconds } from './timing.js';

/** What the machine could do at most, one thread, measured now. */
export interface MachineLimits {
  /** Billions of float32 multiplications and additions a second, by SIMD multiply-adds on registers alone. */
  readonly gflops: number;
  /** Billions of bytes a second that a large copy reads and writes. */
  readonly gbytes: number;
}

/** Numbers of independent sums to try: few leave the latency open, many do not fit into the registers. */
const SUMS = [8, 12, 14];
const ROUNDS = 100_000;
const COPIED_FLOATS = 1 << 22;

export async function measureLimits(seconds: number): Promise<MachineLimits> {
  await loadSimd();
  const rates: number[] = [];
  for (const sums of SUMS) {
    const chain = await multiplyAdds(sums);
    rates.push((ROUNDS * sums * 4 * 2) / bestSeconds(() => chain(ROUNDS), seconds) / 1e9);
  }
  const [from, to] = [new Float32Array(COPIED_FLOATS).fill(1), new Float32Array(COPIED_FLOATS)];
  return {
    gflops: Math.max(...rates),
    gbytes: (2 * from.byteLength) / bestSeconds(() => to.set(from), seconds) / 1e9,
  };
}

/**
 * A loop of nothing but multiply-adds, as fused as those of the kernels. Factors are read from the first cache, so that
 * products wait for no sum: only the additions form chains, as in a matrix product.
 */
async function multiplyAdds(sums: number): Promise<(rounds: number) => number> {
  const each = (line: (i: number) => string) => Array.from({ length: sums }, (_, i) => line(i)).join('\n');
  const step = (i: number) => {
    const factor = `v128.load(at, ${16 * i})`;
    return hasRelaxedSimd()
      ? `s${i} = f32x4.relaxed_madd(a, ${factor}, s${i});`
      : `s${i} = f32x4.add(f32x4.mul(a, ${factor}), s${i});`;
  };
  const source = `export function chain(rounds: i32): f32 {
    const a = f32x4.splat(0.5);
    let at: usize = 0;
    ${each((i) => `let s${i} = f32x4.splat(${i});`)}
    for (let n: i32 = 0; n < rounds; n++) {
      ${each(step)}
      at = (at + 256) & 4095;
    }
    ${each((i) => (i === 0 ? '' : `s0 = f32x4.add(s0, s${i});`))}
    return f32x4.extract_lane(s0, 0);
  }`;
  let binary: Uint8Array<ArrayBuffer> | null = null;
  const flags = ['--enable', 'simd', ...(hasRelaxedSimd() ? ['--enable', 'relaxed-simd'] : [])];
  const { error, stderr } = await asc.main(
    ['chain.ts', '--outFile', 'chain.wasm', '-O3', '--runtime', 'stub', '--initialMemory', '1', ...flags],
    {
      readFile: (name) => (name === 'chain.ts' ? source : null),
      writeFile: (name, contents) => {
        if (name.endsWith('.wasm')) binary = Uint8Array.from(contents as Uint8Array);
      },
      listFiles: () => [],
    },
  );
  if (error || !binary) throw new Error(`The multiply-add loop does not compile: ${stderr.toString()}`);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary));
  return exports.chain as (rounds: number) => number;
}
