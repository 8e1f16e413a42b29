import type { ModelDescription } from '../estimator/density-estimator.js';
import type { DataReport } from '../estimator/report.js';

/** What a fit came to. */
export function describeTrials(report: DataReport, folder: string): string {
  const trials = report.trials.map(
    ({ model, heldOut, parameters, seconds, error }) =>
      `  ${model.padEnd(24)}${(heldOut === null ? (error ?? 'no score') : `${heldOut.toFixed(4)} nats`).padEnd(20)}${String(parameters).padStart(8)} weights ${seconds.toFixed(1).padStart(7)} s`,
  );
  return [columnLines(report), `Held-out rows (${report.heldOutRows} of ${report.rows}), mean ln p:`, ...trials, `Kept ${report.model} in ${folder}`].join('\n'); // prettier-ignore
}

/** What a saved model is. */
export function describeModel(model: ModelDescription): string {
  const lines = [
    columnLines(model),
    `${model.model}, ${model.parameters} weights, fitted to ${model.rows} rows`,
    `Held-out rows: mean ln p ${model.heldOut.toFixed(4)} nats`,
  ];
  if (model.conditionOn.length > 0) lines.push(`Given ${model.conditionOn.join(', ')}`);
  return lines.join('\n');
}

function columnLines({ columns }: Pick<DataReport, 'columns'>): string {
  const width = Math.max(...columns.map(({ name }) => name.length)) + 2;
  return columns
    .map(({ name, role, treatment, missing }) => {
      const gaps = missing > 0 ? `; ${missing} missing` : '';
      return `  ${name.padEnd(width)}${role.padEnd(11)}${treatment}${gaps}`;
    })
    .join('\n');
}
