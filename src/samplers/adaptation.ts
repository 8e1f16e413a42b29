/** Step size and length scales of a sampler, as far as warm-up has found them; plain JSON. */
export interface Adaptation {
  /** Length of a step as it is now. */
  stepSize: number;
  /** Of each coordinate in row-major order, or null for ones. */
  scale: number[] | null;
  /** Transitions that warm-up has in all. */
  readonly warmup: number;
  /** State of dual averaging since its last start. */
  averaging: {
    /** Transitions averaged over. */
    count: number;
    /** Where the logarithm of the step is drawn to. */
    shift: number;
    /** Mean of what the acceptance lacks. */
    meanError: number;
    /** Weighted mean of the logarithms of the steps: that of the step to end with. */
    logAverage: number;
  };
  /** Sums of the positions of the window in progress: Welford's. */
  window: {
    /** Positions seen. */
    count: number;
    /** Their mean. */
    mean: number[];
    /** Sums of squared deviations from it. */
    squares: number[];
  } | null;
}

/** Steps of a sampler, and what warm-up may tune of them. */
export interface Tuning {
  /** Length of a step, in units of the length scale of each coordinate. */
  readonly stepSize: number;
  /** Acceptance to aim at; null where the step stays what it is. */
  readonly acceptance: number | null;
  /** Whether steps are scaled by the standard deviations of the coordinates. */
  readonly scale: boolean;
}

/** Constants of dual averaging, those of Hoffman and Gelman. */
const [SHRINKAGE, DELAY, FORGETTING] = [0.05, 10, 0.75];

/** First window of positions, in transitions; each is twice as long as the one before. */
const FIRST_WINDOW = 25;
/** Shorter warm-ups tune the step size alone. */
const LEAST_WARMUP = 40;

/** A warm-up of so many transitions, before its first. */
export function startAdaptation({ stepSize }: { readonly stepSize: number }, warmup: number): Adaptation {
  return { stepSize, scale: null, warmup, averaging: startAveraging(stepSize), window: null };
}

/**
 * Learns from one transition of the warm-up. The step size follows dual averaging of the acceptance. Positions are
 * gathered in windows, of 25, 50, 100 ... transitions between the first 15 % and the last 10 %, at the end of each of which the
 * length scales become the standard deviations in it, drawn slightly to their mean, and dual averaging starts afresh.
 *
 * Sources: Hoffman and Gelman, "The No-U-Turn Sampler", 2014, section 3.2; the windows are those of Stan.
 *
 * @param step transitions before this one
 * @param acceptance mean over chains
 * @param positions after it, one chain after the other
 */
export function adapt(
  adaptation: Adaptation,
  step: number,
  acceptance: number,
  tuning: Tuning,
  positions: ArrayLike<number>,
  coordinates: number,
): void {
  if (tuning.acceptance !== null) average(adaptation, acceptance, tuning.acceptance);
  const { warmup } = adaptation;
  if (tuning.scale && warmup >= LEAST_WARMUP) {
    const ends = windowEnds(warmup);
    if (step >= Math.round(0.15 * warmup) && step < ends.at(-1)!) {
      gather(adaptation, positions, coordinates);
      if (ends.includes(step + 1)) closeWindow(adaptation);
    }
  }
  if (tuning.acceptance !== null && step + 1 === warmup)
    adaptation.stepSize = Math.exp(adaptation.averaging.logAverage);
}

/** Transitions after which a window closes. */
function windowEnds(warmup: number): number[] {
  const last = warmup - Math.max(1, Math.round(0.1 * warmup));
  const ends: number[] = [];
  for (let end = Math.round(0.15 * warmup), length = FIRST_WINDOW; end < last; length *= 2) {
    end += length;
    // What would be left is too short for a window of its own.
    ends.push(end + 2 * length > last ? last : end);
    if (ends.at(-1) === last) break;
  }
  return ends;
}

function startAveraging(stepSize: number): Adaptation['averaging'] {
  return { count: 0, shift: Math.log(10 * stepSize), meanError: 0, logAverage: Math.log(stepSize) };
}

function average(adaptation: Adaptation, acceptance: number, wanted: number): void {
  const state = adaptation.averaging;
  state.count++;
  const error = wanted - (Number.isFinite(acceptance) ? acceptance : 0);
  state.meanError += (error - state.meanError) / (state.count + DELAY);
  const logStep = state.shift - (Math.sqrt(state.count) / SHRINKAGE) * state.meanError;
  state.logAverage += state.count ** -FORGETTING * (logStep - state.logAverage);
  adaptation.stepSize = Math.exp(logStep);
}

function gather(adaptation: Adaptation, positions: ArrayLike<number>, coordinates: number): void {
  const window = (adaptation.window ??= {
    count: 0,
    mean: Array<number>(coordinates).fill(0),
    squares: Array<number>(coordinates).fill(0),
  });
  for (let start = 0; start < positions.length; start += coordinates) {
    window.count++;
    for (let i = 0; i < coordinates; i++) {
      const difference = positions[start + i] - window.mean[i];
      window.mean[i] += difference / window.count;
      window.squares[i] += difference * (positions[start + i] - window.mean[i]);
    }
  }
}

function closeWindow(adaptation: Adaptation): void {
  const { count, squares } = adaptation.window!;
  adaptation.window = null;
  const variances = squares.map((square) => square / Math.max(1, count - 1));
  const mean = variances.reduce((sum, value) => sum + value, 0) / variances.length;
  if (!(mean > 0 && mean < Infinity)) return;
  const before = adaptation.scale;
  const scale = variances.map((variance) => Math.sqrt((count * variance + 5e-3 * mean) / (count + 5)));
  // Steps keep their length in space until dual averaging finds another.
  const growth = scale.reduce((sum, length, i) => sum + Math.log(length / (before?.[i] ?? 1)), 0) / scale.length;
  adaptation.scale = scale;
  adaptation.averaging = startAveraging(adaptation.stepSize / Math.exp(growth));
  adaptation.stepSize /= Math.exp(growth);
}
