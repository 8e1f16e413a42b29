import type { ColumnOverride } from '../../columns/spec.js';
import { DensityEstimator } from '../../estimator/density-estimator.js';
import type { ModelName } from '../../estimator/model-names.js';
import type { MissingPolicy } from '../../estimator/options.js';
import type { TableFormat } from '../../tables/format-names.js';
import { TableFile } from '../../tables/table-file.js';
import { print } from '../arguments.js';
import { refuseToOverwrite } from '../output.js';
import { progressBar } from '../progress.js';
import { describeTrials } from '../text.js';

/** Flags of `fit`. */
export interface FitFlags {
  readonly out: string;
  readonly model: ModelName | 'auto';
  readonly time: number;
  readonly epochs?: number;
  readonly condition?: string[];
  readonly ignore?: string[];
  readonly columns?: Record<string, ColumnOverride>;
  readonly missing: MissingPolicy;
  readonly seed: string;
  readonly checkpoint?: string;
  readonly format?: TableFormat;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Fits a model to a file, and saves it. */
export async function fit(path: string, flags: FitFlags, signal: AbortSignal): Promise<void> {
  refuseToOverwrite(flags.out, flags.force);
  const file = await TableFile.open(path, flags.format);
  try {
    using estimator = new DensityEstimator({
      model: flags.model,
      timeBudget: flags.time,
      missing: flags.missing,
      seed: flags.seed,
      ...(flags.epochs && { epochs: flags.epochs }),
      conditionOn: flags.condition ?? [],
      columns: {
        ...flags.columns,
        ...Object.fromEntries((flags.ignore ?? []).map((name) => [name, 'ignore'] as const)),
      },
    });
    const bar = progressBar();
    try {
      await estimator.fit(await file.read(), { onProgress: bar.show, signal, checkpoint: flags.checkpoint });
    } finally {
      bar.stop();
    }
    if (signal.aborted && flags.checkpoint) return;
    await estimator.save(flags.out);
    print(flags.json ? JSON.stringify(estimator.report, null, 2) : describeTrials(estimator.report, flags.out));
  } finally {
    await file.close();
  }
}
