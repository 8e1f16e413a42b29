import { spawnSync } from 'node:child_process';
import type { BenchResult } from './main.js';
import { formatTable } from './table.js';
import { median } from './timing.js';
import type { Counted } from './workloads.js';

/** What both programs print. */
interface Report {
  readonly lib: string;
  readonly step: Counted;
  readonly log_prob: Counted;
  readonly sample: Counted;
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
    const middle = (of: 'ours' | 'theirs') => median(pairs.map((pair) => numbers(pair[of])));
    return {
      ours: middle('ours'),
      theirs: middle('theirs'),
      ratio: median(ratios),
      from: ratios[0],
      to: ratios.at(-1)!,
    };
  };
  const times = Object.fromEntries(
    OPERATIONS.map((operation) => [operation, compare((report) => report[operation].median_ms)]),
  );
  // Continuous flows may stand at different numbers of evaluations: what one of them takes can be compared.
  const counted = OPERATIONS.filter((operation) => pairs.every(({ theirs, ours }) => theirs[operation].nfe && ours[operation].nfe)); // prettier-ignore
  const evaluations = Object.fromEntries(
    counted.flatMap((operation) => [
      [`${operation}_nfe`, compare((report) => evaluationsIn(report[operation]))],
      [`${operation}_ms_per_evaluation`, compare((report) => report[operation].median_ms / evaluationsIn(report[operation]))], // prettier-ignore
    ]),
  );
  const memory = compare((report) => report.peak_rss_mb);
  const training = compare((report) => report.training_peak_rss_mb ?? report.peak_rss_mb);
  const line = (name: string, { ours, theirs: other, ratio, from, to }: ReturnType<typeof compare>, digits = 2) =>
    [name, ours.toFixed(digits), other.toFixed(digits), ratio.toFixed(2), `${from.toFixed(2)} - ${to.toFixed(2)}`]; // prettier-ignore
  const table = formatTable([
    ['', 'tfjs-flows', theirs.lib, 'ratio', 'range'],
    ...OPERATIONS.map((operation) => line(`${operation}, ms`, times[operation])),
    ...counted.flatMap((operation) => [
      line(`${operation}, evaluations`, evaluations[`${operation}_nfe`], 0),
      line(`${operation}, ms an evaluation`, evaluations[`${operation}_ms_per_evaluation`], 3),
    ]),
    line('peak memory, MB', memory),
    line('in training, MB', training),
  ]);
  return {
    json: {
      workload,
      beside: theirs.lib,
      pairs: pairs.length,
      ...times,
      ...evaluations,
      peak_rss_mb: memory,
      training_peak_rss_mb: training,
    },
    table,
  };
}

/** All evaluations of the field in one operation. */
function evaluationsIn({ nfe = {} }: Counted): number {
  return Object.values(nfe).reduce((sum, count) => sum + count, 0);
}

function reportOf(command: string): Report {
  const { stdout, stderr, status } = spawnSync(command, { shell: true, encoding: 'utf8', maxBuffer: 2 ** 26 });
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (status === 0 && line.startsWith('{')) return JSON.parse(line) as Report;
  throw new Error(`Expected one JSON object from: ${command}\n${stdout}${stderr}`);
}
