import { writeFile } from 'node:fs/promises';
import { readModel } from '../../estimator/files.js';
import { describeExport, exportEstimator } from '../../onnx/export-estimator.js';
import { print } from '../arguments.js';
import { refuseToOverwrite } from '../output.js';

/** Flags of `export`. */
export interface ExportFlags {
  readonly out: string;
  readonly of: 'logProb' | 'sample';
  readonly force?: boolean;
}

/** Writes a model for ONNX Runtime, and what its columns are beside it. */
export async function exportModel(folder: string, { out, of, force }: ExportFlags): Promise<void> {
  const beside = `${out}.json`;
  refuseToOverwrite(out, force);
  refuseToOverwrite(beside, force);
  const state = await readModel(folder);
  try {
    const description = describeExport(state, of);
    await writeFile(out, await exportEstimator(state, of, description));
    await writeFile(beside, `${JSON.stringify(description, null, 2)}\n`);
    print(`${out}: ${description.inputs.join(', ')} to ${description.outputs.join(', ')}; ${beside} says what the columns are.`);
  } finally {
    state.flow.dispose();
  }
} // prettier-ignore
