/**
 * Saves checkpoints of rising number until it is killed, and prints each number once it is saved. Not a test: run as a
 * process of its own.
 */
import { writeCheckpoint } from '../../../src/io/checkpoint-file.js';

const [, , url, first] = process.argv;
for (let step = Number(first); ; step++) {
  const tensors = new Map([['a', { shape: [20_000], values: new Float32Array(20_000).fill(step) }]]);
  await writeCheckpoint(url, { json: step, tensors });
  process.stdout.write(`${step}\n`);
}
