import { shown, type Shown } from './shows.js';

/** What became of the program of a page. */
export interface PageRun {
  readonly page: string;
  /** What ended it early, or null. */
  readonly error: string | null;
  readonly shown: readonly Shown[];
}

// A process of its own, so that pages find an empty folder for what they write.
for (const page of process.argv.slice(2)) {
  shown.length = 0;
  const program = import(`./${page}.generated.js`) as Promise<unknown>;
  const error = await program.then(
    () => null,
    (thrown: unknown) => (thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)),
  );
  const run: PageRun = { page, error, shown: [...shown] };
  process.send?.(run);
}
process.disconnect();
