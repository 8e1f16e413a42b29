import { writeFileSync } from 'node:fs';
import { env } from 'node:process';

export default {
  files: ['build/test/**/*.test.js', 'build/service/test/**/*.test.js'],
  timeout: '5m',
  // One more than the cores of a small machine: some tests mostly wait, for a killed process or a page.
  concurrency: 3,
  // AVA's own counts, for scripts/test.mjs; the interface is experimental, so AVA's version is pinned.
  nonSemVerExperiments: { observeRunsFromConfig: true },
  observeRun: env.TEST_COUNTS_FILE ? ({ events }) => writeCounts(events, env.TEST_COUNTS_FILE) : undefined,
};

/** Writes how many tests passed, failed and were skipped, once the run has ended. */
async function writeCounts(events, file) {
  let stats;
  for await (const event of events) if (event.type === 'stats') stats = event.stats;
  if (stats) writeFileSync(file, JSON.stringify(count(stats)));
}

/** What breaks outside a test (a hook, a crash, a test never reached, a file without tests) counts as a failure. */
function count(stats) {
  const emptyFiles = [...stats.byFile.values()].filter(({ declaredTests }) => declaredTests === 0).length;
  const crashes = stats.uncaughtExceptions + stats.unhandledRejections + stats.internalErrors;
  const broken = Math.max(crashes, stats.failedWorkers, emptyFiles) + stats.sharedWorkerErrors;
  return {
    passed: stats.passedTests + stats.passedKnownFailingTests,
    failed: stats.failedTests + stats.failedHooks + stats.remainingTests + broken,
    skipped: stats.skippedTests + stats.todoTests,
  };
}
