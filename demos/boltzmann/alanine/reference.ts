/**
 * A reference sample of alanine dipeptide in vacuum at 300 K, made without any data: `npm run alanine:reference -- [MINUTES] [FOLDER]`.
 * What the folder holds already is gone on from; with 0 minutes it is only looked at.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ready } from 'tfjs-flows';
import { analyse, type Share } from './analysis.js';
import { readChains, sampleReference } from './run.js';
import { writeSample } from './sample-file.js';

const [minutes = '30', folder = 'build/alanine'] = process.argv.slice(2);
const { backend, reason } = await ready();
console.log(`Backend: ${backend}. ${reason}`);
await sampleReference(folder, Number(minutes), (line) => console.log(line));

const chains = readChains(folder);
const report = analyse(chains);
const show = (name: string, { share, error }: Share) =>
  console.log(`${name.padEnd(36)} ${share.toFixed(4)} ± ${error.toFixed(4)}`);
console.log(`\n${report.draws} draws of ${chains.length} chains; populations are of molecules with trans bonds`);
show('with a cis bond', report.cis);
show('0 < phi < 126', report.positivePhi);
show('-log(P / (1 - P)), kT', report.difference);
show('<cos phi>', report.cosPhi);
show('<cos psi>', report.cosPsi);
for (const [name, share] of Object.entries(report.basins)) show(name, share);
console.log('\nphi    F / kT');
for (const { degrees, freeEnergy, error } of report.profile) {
  const value = freeEnergy === null ? 'never' : `${freeEnergy.toFixed(2)} ± ${error!.toFixed(2)}`;
  console.log(`${String(degrees).padStart(4)}   ${value}`);
}
writeFileSync(join(folder, 'report.json'), `${JSON.stringify(report, null, 1)}\n`);
writeSample(join(folder, 'sample.f32.gz'), chains);
