import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FlowFileError, loadFlow } from 'tfjs-flows';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { TableCoder, type TableCoderState } from '../columns/table-coder.js';
import { replaceFile } from '../files/replace-file.js';
import { IncompleteNormal } from '../missing/incomplete-normal.js';
import type { EstimatorState } from './density-estimator.js';
import { completed, type EstimatorOptions } from './options.js';
import type { DataReport } from './report.js';

const FILE = 'estimator.json';
const FLOW = /^flow-[0-9a-f-]+$/;

const Coder = Type.Object({
  name: Type.String(),
  spec: Type.Object({ kind: Type.String() }),
  location: Type.Number(),
  scale: Type.Number({ exclusiveMinimum: 0 }),
});

/** The file beside the flow. */
const Schema = Type.Object({
  format: Type.Literal('tfjs-flows-estimator'),
  version: Type.Literal(1),
  flow: Type.String({ pattern: FLOW.source }),
  options: Type.Record(Type.String(), Type.Unknown()),
  columns: Type.Object({
    modelled: Type.Array(Coder, { minItems: 1 }),
    conditions: Type.Array(Coder),
    constants: Type.Array(Type.Object({ name: Type.String(), value: Type.Union([Type.Number(), Type.String()]) })),
    ignored: Type.Array(Type.String()),
  }),
  normal: Type.Object({
    mean: Type.Array(Type.Number()),
    covariance: Type.Array(Type.Array(Type.Number())),
  }),
  heldOut: Type.Array(Type.Number()),
  report: Type.Object({ model: Type.String(), columns: Type.Array(Type.Unknown()) }),
});

/**
 * Writes a model: the flow into a folder of its own, then, in one step, the file that names it.
 *
 * @throws FlowFileError when the folder cannot be written.
 */
export async function writeModel(folder: string, state: EstimatorState): Promise<void> {
  const flow = `flow-${randomUUID()}`;
  const { options, coder, normal, heldOut, report } = state;
  const file: Static<typeof Schema> = {
    format: 'tfjs-flows-estimator',
    version: 1,
    flow,
    options: { ...options, seed: typeof options.seed === 'object' ? options.seed.key : options.seed },
    columns: coder.state as unknown as Static<typeof Schema>['columns'],
    normal: normal.state as Static<typeof Schema>['normal'],
    heldOut: Array.from(heldOut),
    report: report as unknown as Static<typeof Schema>['report'],
  };
  try {
    await mkdir(folder, { recursive: true });
    await state.flow.save(`file://${resolve(folder, flow)}`);
    await replaceFile(join(folder, FILE), JSON.stringify(file, null, 1));
    for (const name of await readdir(folder)) {
      if (FLOW.test(name) && name !== flow) await rm(join(folder, name), { recursive: true, force: true });
    }
  } catch (cause) {
    throw new FlowFileError('DensityEstimator.save', { expected: 'a folder to write to', got: folder, cause });
  }
}

/** @throws FlowFileError when there is no model, or it is damaged. */
export async function readModel(folder: string): Promise<EstimatorState> {
  const where = 'DensityEstimator.load';
  let text: string;
  try {
    text = await readFile(join(folder, FILE), 'utf8');
  } catch (cause) {
    throw new FlowFileError(where, { expected: 'a folder with a saved estimator', got: folder, cause });
  }
  const file = parsed(text, folder);
  const flow = await loadFlow(`file://${resolve(folder, file.flow)}`);
  try {
    const coder = new TableCoder(file.columns as unknown as TableCoderState);
    const dims = coder.modelled.length;
    if (flow.eventShape.length !== 1 || flow.eventShape[0] !== dims || file.normal.mean.length !== dims) {
      throw new FlowFileError(where, {
        expected: `a flow of ${dims} columns`,
        got: `one of [${flow.eventShape.join()}]`,
      });
    }
    return {
      options: completed(file.options as EstimatorOptions),
      coder,
      normal: new IncompleteNormal(file.normal),
      flow,
      heldOut: Float64Array.from(file.heldOut),
      report: file.report as unknown as DataReport,
    };
  } catch (error) {
    flow.dispose();
    throw error;
  }
}

function parsed(text: string, folder: string): Static<typeof Schema> {
  const refuse = (got: string, cause?: unknown) =>
    new FlowFileError('DensityEstimator.load', { expected: `a whole ${FILE} in ${folder}`, got, cause });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refuse('one that is no JSON', cause);
  }
  if (!Value.Check(Schema, value)) {
    const [first] = Value.Errors(Schema, value);
    throw refuse(first ? `at ${first.instancePath || '/'}: ${first.message}` : 'another file');
  }
  return value;
}
