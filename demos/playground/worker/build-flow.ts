import { ferumalFlow, ffjord, Flow, loadFlow, maf, planarFlow, realNvp, residualFlow, splineCouplingFlow } from 'tfjs-flows'; // prettier-ignore
import { flowEntry, optionsFor, type Factory } from '../catalogue/flows.js';
import type { ModelFile, RunSettings } from '../protocol.js';

const FACTORIES: Readonly<Record<Factory, (options: never) => Flow>> = {
  ferumalFlow,
  ffjord,
  maf,
  planarFlow,
  realNvp,
  residualFlow,
  splineCouplingFlow,
};

/** A fresh flow, or the one in the files. */
export async function buildFlow({ flow, size, seed, files, target }: RunSettings): Promise<Flow> {
  if (files) return loadFlow(files.map(asFile));
  const entry = flowEntry(flow);
  return FACTORIES[entry.factory](optionsFor(entry, size, seed, target.kind === 'energy') as never);
}

function asFile({ name, bytes }: ModelFile): File {
  return new File([bytes], name);
}
