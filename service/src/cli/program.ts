import { Command, Option } from 'commander';
import { MODEL_NAMES } from '../estimator/model-names.js';
import { FORMATS } from '../tables/format-names.js';
import { columnKinds, count, list, positive } from './arguments.js';
import type { EvaluateFlags } from './commands/evaluate.js';
import type { FitFlags } from './commands/fit.js';
import type { InfoFlags } from './commands/info.js';
import type { SampleFlags } from './commands/sample.js';
import type { ScoreFlags } from './commands/score.js';
import type { WorkFlags } from './commands/work.js';
import { addCompletion } from './completion.js';
import { addServe } from './serve.js';

/** The command line: densities of tables in files. What a command takes is loaded once it runs: help and completion are at once there. */
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
    .action(async (path: string, flags: FitFlags) => (await import('./commands/fit.js')).fit(path, flags, signal));

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
    .action(async (model: string, table: string, flags: ScoreFlags) =>
      (await import('./commands/score.js')).score(model, table, flags),
    );

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
    .action(async (model: string, flags: SampleFlags) => (await import('./commands/sample.js')).sample(model, flags));

  root
    .command('evaluate')
    .description('Print the mean of ln p over the rows of a file.')
    .argument('<model>', 'folder of the model')
    .argument('<table>', 'the rows; - is the standard input')
    .addOption(format())
    .option('--json', 'print JSON')
    .action(async (model: string, table: string, flags: EvaluateFlags) =>
      (await import('./commands/evaluate.js')).evaluate(model, table, flags),
    );

  root
    .command('work')
    .description('Run jobs of a queue on Redis, beside any other workers, until interrupted.')
    .requiredOption('--redis <url>', 'such as redis://localhost:6379')
    .requiredOption('--folder <folder>', 'of checkpoints; the same on all machines')
    .option('--queue <name>', 'name of the queue', 'tfjs-flows')
    .option('--threads <count>', 'jobs, and parts of jobs, at once', count, 1)
    .action(async (flags: WorkFlags) => (await import('./commands/work.js')).work(flags, signal));

  root
    .command('info')
    .description('Print what a model is of, and how good it is.')
    .argument('<model>', 'folder of the model')
    .option('--json', 'print JSON')
    .action(async (folder: string, flags: InfoFlags) => (await import('./commands/info.js')).info(folder, flags));
  addServe(root, signal);
  addCompletion(root);
  return root;
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
