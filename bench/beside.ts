import { spawnSync } from 'node:child_process';
import type { BenchResult } from './main.js';
import { formatTable } from './table.js';
import type { Timing } from './timing.js';

/** What both programs print. */
interface Report {
  readonly lib: string;
  readonly step: Timing;
  readonly log_prob: Timing;
  readonly sample: Timing;
  readonly peak_rss_mb: number;
  /** Before densities and draws were timed; ours alone prints it. */
  readonly training_peak_rss_mb?: number;
}

const OPERATIONS = ['step', 'log_prob', 'sample'] as const;

/**
 * Runs a workload and another program by turns - theirs, ours, theirs, ours - and compares medians pair by pair: on a
 * machine that throttles and shares, only such ratios mean anything.
 *
 * @param command prints one JSON object with the keys of our own
 */
export function benchBeside(workload: string, command: string, quick: boolean): BenchResult {
  const pairs = Array.from({ length: quick ? 2 : 5 }, () => {
    const theirs = reportOf(command);
    // Some seconds an operation are plenty: what varies is the machine, from pair to pair.
    const own = [process.argv[1], workload, '--json', '--quick'];
    return { theirs, ours: reportOf([process.execPath, ...own].map((word) => JSON.stringify(word)).join(' ')) };
  });
  const [{ theirs }] = pairs;
  const compare = (numbers: (report: Report) => number) => {
    const ratios = pairs.map((pair) => numbers(pair.theirs) / numbers(pair.ours)).sort((a, b) => a - b);
    const median = (of: 'ours' | 'theirs') => middle(pairs.map((pair) => numbers(pair[of])));
    return {
      ours: median('ours'),
      theirs: median('theirs'),
      ratio: middle(ratios),
      from: ratios[0],
      to: ratios.at(-1)!,
    };
  };
  const times = Object.fromEntries(
    OPERATIONS.map((operation) => [operation, compare((report) => report[operation].median_ms)]),
  );
  const memory = compare((report) => report.peak_rss_mb);
  const training = compare((report) => report.training_peak_rss_mb ?? report.peak_rss_mb);
  const line = (name: string, { ours, theirs: other, ratio, from, to }: ReturnType<typeof compare>) =>
    [name, ours.toFixed(2), other.toFixed(2), ratio.toFixed(2), `${from.toFixed(2)} - ${to.toFixed(2)}`]; // prettier-ignore
  const table = formatTable([
    ['', 'tfjs-flows', theirs.lib, 'ratio', 'range'],
    ...OPERATIONS.map((operation) => line(`${operation}, ms`, times[operation])),
    line('peak memory, MB', memory),
    line('in training, MB', training),
  ]);
  return {
    json: {
      workload,
      beside: theirs.lib,
      pairs: pairs.length,
      ...times,
      peak_rss_mb: memory,
      training_peak_rss_mb: training,
    },
    table,
  };
}

function reportOf(command: string): Report {
  const { stdout, stderr, status } = spawnSync(command, { shell: true, encoding: 'utf8', maxBuffer: 2 ** 26 });
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (status === 0 && line.startsWith('{')) return JSON.parse(line) as Report;
  throw new Error(`Expected one JSON object from: ${command}\n${stdout}${stderr}`);
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
