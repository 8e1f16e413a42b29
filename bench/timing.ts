/** Times of one operation, in milliseconds. */
export interface Timing {
  readonly median_ms: number;
  readonly p10_ms: number;
  readonly p90_ms: number;
  readonly n: number;
}

/** Median and spread of single times. */
export function summarize(times: readonly number[]): Timing {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (fraction: number) => Number(sorted[Math.floor(fraction * (sorted.length - 1))].toFixed(4));
  return { median_ms: at(0.5), p10_ms: at(0.1), p90_ms: at(0.9), n: sorted.length };
}

/** The middle one of some numbers. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}

/** Runs an operation for a while to warm up and for a while to time it. */
export async function timeRepeatedly(
  operation: () => Promise<void>,
  { warmSeconds, seconds }: { warmSeconds: number; seconds: number },
): Promise<Timing> {
  const warmUntil = performance.now() + 1000 * warmSeconds;
  for (let i = 0; i < 3 || performance.now() < warmUntil; i++) await operation();
  const times: number[] = [];
  const until = performance.now() + 1000 * seconds;
  while ((times.length < 10 || performance.now() < until) && times.length < 5000) {
    const start = performance.now();
    await operation();
    times.push(performance.now() - start);
  }
  return summarize(times);
}

/** Shortest time of one run, in seconds: what the code needs when nothing else gets in its way. */
export function bestSeconds(operation: () => void, seconds: number): number {
  // Engines run code unoptimised at first.
  const warmUntil = performance.now() + 400;
  while (performance.now() < warmUntil) operation();
  let best = Infinity;
  const until = performance.now() + 1000 * seconds;
  for (let runs = 0; runs < 20 || performance.now() < until; runs++) {
    const start = performance.now();
    operation();
    best = Math.min(best, performance.now() - start);
  }
  return best / 1000;
}
