import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { FlowConfigError, FlowFileError } from 'tfjs-flows';
import { DensityEstimator } from '../estimator/density-estimator.js';
import { MODEL_NAMES, type MissingPolicy, type ModelName } from '../estimator/options.js';
import type { ColumnOverride } from '../columns/spec.js';
import { FORMATS, formatOf, type TableFormat } from '../tables/formats.js';
import { TableFile, writeTable } from '../tables/table-file.js';
import { columnKinds, count, list, positive, print } from './arguments.js';
import { addCompletion } from './completion.js';
import { progressBar } from './progress.js';
import { addServe } from './serve.js';
import { describeModel, describeTrials } from './text.js';
import type { WorkFlags } from './work.js';

interface FitFlags {
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

interface OutputFlags {
  readonly out: string;
  readonly format?: TableFormat;
  readonly force?: boolean;
}

/** The command line: densities of tables in files. */
export function program(signal: AbortSignal): Command {
  const root = new Command('tfjs-flows')
    .description('Fits the density of a table by a normalizing flow; scores rows by it, and draws new ones.')
    .addHelpText('after', EXAMPLES)
    .option('--debug', 'show where errors come from');
  const format = () => new Option('--format <format>', 'of the input, where its name does not say').choices(FORMATS);
  const force = () => new Option('--force', 'overwrite what is there');

  root
    .command('fit')
    .description('Fit a model to the rows of a file and save it to a folder.')
    .argument('<table>', 'CSV, Parquet, NDJSON or Arrow file; - is the standard input')
    .requiredOption('-o, --out <folder>', 'folder of the model')
    .addOption(new Option('--model <name>', 'kind of model').choices(['auto', ...MODEL_NAMES]).default('auto'))
    .option('--time <seconds>', 'training time, shared by the models tried', positive, 60)
    .option('--epochs <count>', 'passes over the rows at most', count)
    .option('--condition <columns>', 'columns to condition on, with commas between', list)
    .option('--ignore <columns>', 'columns to leave out', list)
    .option('--columns <json>', 'kinds of columns, such as \'{"age": "integer"}\'', columnKinds)
    .addOption(
      new Option('--missing <policy>', 'rows with gaps').choices(['refuse', 'impute', 'marginalise']).default('refuse'),
    )
    .option('--seed <seed>', 'decides everything random', '0')
    .option('--checkpoint <folder>', 'keep the state of training there; a run that was stopped goes on from it')
    .addOption(format())
    .addOption(force())
    .option('--json', 'print the report as JSON')
    .action((path: string, flags: FitFlags) => fit(path, flags, signal));

  root
    .command('score')
    .description('Add ln p, nats, of each row as a column; flat memory.')
    .argument('<model>', 'folder of the model')
    .argument('<table>', 'the rows; - is the standard input')
    .option('-o, --out <file>', 'where to; - is the standard output', '-')
    .option('--column <name>', 'name of the new column', 'log_density')
    .option('--anomaly', 'add how odd each row is as well, from 0 to 1')
    .addOption(format())
    .addOption(force())
    .action(score);

  root
    .command('sample')
    .description('Draw rows.')
    .argument('<model>', 'folder of the model')
    .option('-n, --count <count>', 'number of rows', count, 1000)
    .option('--given <table>', 'values of the conditions, and of other columns to keep: one row, or one each')
    .option('--seed <seed>', 'decides the draws', '0')
    .option('-o, --out <file>', 'where to; - is the standard output', '-')
    .addOption(format())
    .addOption(force())
    .action(sample);

  root
    .command('evaluate')
    .description('Print the mean of ln p over the rows of a file.')
    .argument('<model>', 'folder of the model')
    .argument('<table>', 'the rows; - is the standard input')
    .addOption(format())
    .option('--json', 'print JSON')
    .action(evaluate);

  root
    .command('work')
    .description('Run jobs of a queue on Redis, beside any other workers, until interrupted.')
    .requiredOption('--redis <url>', 'such as redis://localhost:6379')
    .requiredOption('--folder <folder>', 'of checkpoints; the same on all machines')
    .option('--queue <name>', 'name of the queue', 'tfjs-flows')
    .option('--threads <count>', 'jobs, and parts of jobs, at once', count, 1)
    .action(async (flags: WorkFlags) => (await import('./work.js')).work(flags, signal));

  root
    .command('info')
    .description('Print what a model is of, and how good it is.')
    .argument('<model>', 'folder of the model')
    .option('--json', 'print JSON')
    .action(async (folder: string, { json: asJson }: { json?: boolean }) => {
      using estimator = await DensityEstimator.load(folder);
      print(asJson ? JSON.stringify(estimator.describe(), null, 2) : describeModel(estimator.describe()));
    });
  addServe(root, signal);
  addCompletion(root);
  return root;
}

async function fit(path: string, flags: FitFlags, signal: AbortSignal): Promise<void> {
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

async function score(
  folder: string,
  path: string,
  flags: OutputFlags & { column: string; anomaly?: boolean },
): Promise<void> {
  const to = targetOf(flags, path);
  using estimator = await DensityEstimator.load(folder);
  const file = await TableFile.open(path, flags.format);
  try {
    const names = flags.anomaly ? [flags.column, 'anomaly'] : [flags.column];
    const taken = names.find((name) => file.names.includes(name));
    if (taken !== undefined)
      throw new FlowConfigError('score', { expected: 'a new column', got: `"${taken}", which ${path} has` });
    await file.writeWith(flags.out, to, names, scored(estimator, file, Boolean(flags.anomaly)));
  } finally {
    await file.close();
  }
}

async function* scored(estimator: DensityEstimator, file: TableFile, anomaly: boolean): AsyncGenerator<Float64Array[]> {
  let firstRow = 0;
  for await (const rows of file.batches()) {
    const scores = await estimator.scoreSamples(rows, { firstRow });
    firstRow += rows.rowCount;
    yield anomaly ? [scores, estimator.oddness(scores)] : [scores];
  }
}

async function sample(
  folder: string,
  flags: OutputFlags & { count: number; given?: string; seed: string },
): Promise<void> {
  const to = targetOf(flags, 'draws.csv');
  using estimator = await DensityEstimator.load(folder);
  const file = flags.given === undefined ? null : await TableFile.open(flags.given);
  try {
    const draws = await estimator.sample(flags.count, { seed: flags.seed, ...(file && { given: await file.read() }) });
    await writeTable(draws, flags.out, to);
  } finally {
    await file?.close();
  }
}

async function evaluate(folder: string, path: string, flags: { format?: TableFormat; json?: boolean }): Promise<void> {
  using estimator = await DensityEstimator.load(folder);
  const file = await TableFile.open(path, flags.format);
  try {
    let [sum, squares, rows] = [0, 0, 0];
    for await (const batch of file.batches()) {
      for (const value of await estimator.scoreSamples(batch)) {
        sum += value;
        squares += value * value;
        rows++;
      }
    }
    const mean = sum / rows;
    const error = Math.sqrt(Math.max(squares / rows - mean * mean, 0) / rows);
    print(flags.json ? JSON.stringify({ rows, mean, standardError: error }) : `${rows} rows: mean ln p ${mean.toFixed(4)} ± ${error.toFixed(4)} nats`); // prettier-ignore
  } finally {
    await file.close();
  }
}

/** The format to write in: that of the name, or of the input for the standard output. */
function targetOf({ out, format, force }: OutputFlags, input: string): TableFormat {
  if (out === '-') return input === '-' ? (format ?? 'csv') : formatOf(input, format);
  refuseToOverwrite(out, force);
  return formatOf(out);
}

function refuseToOverwrite(path: string, force = false): void {
  if (path === '-' || force || !existsSync(path)) return;
  throw new FlowFileError('--out', { expected: 'a new place to write to', got: `${path}, which is there already`, hint: 'Add --force to overwrite it.' }); // prettier-ignore
}

const EXAMPLES = `
Examples:
  tfjs-flows fit customers.csv --out models/customers --time 120
  tfjs-flows fit trips.parquet --out models/trips --condition hour,zone --ignore id
  tfjs-flows score models/customers new.csv --anomaly --out scored.parquet
  cat new.csv | tfjs-flows score models/customers - > scored.csv
  tfjs-flows sample models/trips -n 500 --given zones.csv --out draws.csv
  tfjs-flows serve --data service-data

Exit codes: 0 done, 1 failed, 2 wrong arguments, 130 interrupted.`;
