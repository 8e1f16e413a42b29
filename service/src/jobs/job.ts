/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Where a job stands; the last three are ends. */
export type JobState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

/** What is known of a job. Times are milliseconds since 1970. */
export interface JobStatus {
  readonly id: string;
  readonly kind: string;
  readonly state: JobState;
  /** Share that is done, 0 to 1; null where the job has not said. */
  readonly progress: number | null;
  /** What the job last said of itself. */
  readonly detail: Json;
  /** What a job that is done came to. */
  readonly result: Json;
  /** Why it failed. */
  readonly error: string | null;
  /** How many times it was started. */
  readonly attempts: number;
  readonly submittedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

/** Which jobs to list: all, where nothing is said. */
export interface JobFilter {
  readonly kind?: string;
  readonly state?: JobState;
}

/**
 * Work that goes on while its submitter does something else.
 *
 * A job is run at least once; handlers put their outputs in place in one step, so that a second run changes nothing.
 */
export interface JobQueue {
  /**
   * Puts a job in line. A job with this id that is there already stays as it is.
   *
   * @throws FlowConfigError for an id that is no plain name, and for a kind that is known to have no handler.
   */
  submit(kind: string, input: Json, options?: { readonly id?: string }): Promise<string>;
  /** Null for a job that is not there. */
  status(id: string): Promise<JobStatus | null>;
  /** The jobs, the first submitted first. */
  list(filter?: JobFilter): Promise<JobStatus[]>;
  /** Ends a job; false for one that has ended or is not there. */
  cancel(id: string): Promise<boolean>;
  /** Forgets a job that has ended, with its parts; false for one that has not, or is not there. */
  remove(id: string): Promise<boolean>;
  /**
   * The status now, then after each change (several at once may be told as one), up to the end of the job or the signal.
   *
   * @throws FlowConfigError for a job that is not there.
   */
  watch(id: string, options?: { readonly signal?: AbortSignal }): AsyncIterable<JobStatus>;
  /** Stops work; jobs that have not ended go on when the queue is opened again. */
  close(): Promise<void>;
}

/** What a handler is told of the job that it runs. */
export interface JobRun {
  readonly id: string;
  readonly input: Json;
  /** Ends the run: the handler lets go of what it holds and throws. */
  readonly signal: AbortSignal;
  /** A folder that is there, of this job alone: what a run leaves in it the next finds. It goes when the job has ended. */
  readonly checkpoint: string;
  /** Tells how far the job is. */
  readonly progress: (fraction: number | null, detail?: Json) => void;
  /**
   * Runs jobs that are parts of this one, wherever there is room, and waits for all; a run that comes after a crash finds those
   * that are done. Parts have no parts themselves.
   *
   * @param onDone is told how many are done
   * @returns their results, in order
   * @throws FlowError when one of them fails; the others are then cancelled
   */
  readonly fork: (kind: string, inputs: readonly Json[], onDone?: (count: number) => void) => Promise<Json[]>;
}

/** Does the jobs of a kind. A `FlowError` is final, any other error is tried again. */
export type JobHandler = (run: JobRun) => Promise<Json>;

/** Handlers by the kind of their jobs. */
export type JobHandlers = Readonly<Record<string, JobHandler>>;

/** Whether a job in this state goes on no more. */
export function hasEnded(state: JobState): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled';
}
