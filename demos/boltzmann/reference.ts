/**
 * A reference sample of alanine dipeptide in vacuum at 300 K, made without any data: `npm run reference -- [MINUTES] [FOLDER]`.
 * What the folder holds already is gone on from.
 */
import { ready } from 'tfjs-flows';
import { sampleReference } from './run.js';

const [minutes = '30', folder = 'build/boltzmann'] = process.argv.slice(2);
const { backend, reason } = await ready();
console.log(`Backend: ${backend}. ${reason}`);
await sampleReference(folder, Number(minutes), (line) => console.log(line));
