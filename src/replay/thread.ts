/** The control block at the beginning of shared memory, by which threads agree on what to do. */
export const CONTROL = {
  /** Byte address of the block. */
  address: 64,
  // Its words:
  /** Number of the job that runs; 0 while it changes. */
  running: 0,
  /** Number of the last job that helpers were called to. */
  called: 1,
  /** Where the job's program lies. */
  program: 2,
  /** Tasks of the job that are done. */
  done: 3,
  failed: 4,
  /** Helpers that have started. */
  ready: 5,
  /** Helpers of an earlier crew go home. */
  crew: 6,
  /** From here on, for each task the number of the last job in which a thread has claimed it. */
  claims: 16,
  /** Words in all; what is behind `claims` bounds the tasks of one job. */
  length: 16 + 1024,
} as const;

/** Which of how many threads this is. */
export interface Post {
  readonly index: number;
  readonly count: number;
}

/** One thread's part of the work. */
export interface Thread {
  /** Does tasks of this job until none is left to be claimed. */
  work(job: number, post: Post): void;
  /** Waits for jobs until another crew takes over: a helper's life. */
  serve(crew: number, post: Post): void;
}

/**
 * What every thread runs, the main one included. Its text is also the program of the helpers, so it refers to nothing
 * outside of itself; `layout` is {@link CONTROL}.
 *
 * A job is a list of tasks in phases; a task may start when all tasks of earlier phases are done. Each thread first takes
 * the tasks that it took last time - their memory is still in its processor's cache - and then whatever nobody else has
 * claimed: a thread that comes late, or not at all, holds nobody up. Jobs are numbered, and a claim is an exchange of the
 * number of an earlier job for that of this one, so a straggler cannot claim anything in a job that it does not know.
 *
 * A program lies in memory as doubles: version, number of tasks, then for each task the number of tasks that must be done
 * before it, and the place of its calls; at that place the number of calls, and for each call the function, the number of
 * arguments, and the arguments.
 */
export function makeThread(
  memory: WebAssembly.Memory,
  functions: Readonly<Record<string, (...args: number[]) => void>>,
  layout: typeof CONTROL,
): Thread {
  let control = new Int32Array(memory.buffer, layout.address, layout.length);
  const names = Object.keys(functions)
    .filter((name) => typeof functions[name] === 'function')
    .sort();
  const programs = new Map<number, { version: number; after: number[]; tasks: (() => void)[][] }>();

  function read(address: number) {
    // The memory may have grown since the last program.
    const words = new Float64Array(memory.buffer);
    const start = address / 8;
    const known = programs.get(address);
    if (known?.version === words[start]) return known;
    const count = words[start + 1];
    const after: number[] = [];
    const tasks: (() => void)[][] = [];
    for (let task = 0; task < count; task++) {
      after.push(words[start + 2 + 2 * task]);
      let at = start + words[start + 3 + 2 * task];
      const calls: (() => void)[] = [];
      for (let left = words[at++]; left > 0; left--) {
        const call = functions[names[words[at]]];
        const args = Array.from(words.subarray(at + 2, at + 2 + words[at + 1]));
        calls.push(call.bind(null, ...args) as () => void);
        at += 2 + args.length;
      }
      tasks.push(calls);
    }
    return { version: words[start], after, tasks };
  }

  /** The program of a job; null when the job is over already, and what lies there may be another. */
  function programOf(job: number) {
    const address = Atomics.load(control, layout.program);
    try {
      const program = read(address);
      if (Atomics.load(control, layout.running) !== job) return null;
      programs.set(address, program);
      return program;
    } catch {
      return null;
    }
  }

  function claim(task: number, job: number): boolean {
    const last = Atomics.load(control, layout.claims + task);
    return last < job && Atomics.compareExchange(control, layout.claims + task, last, job) === last;
  }

  function work(job: number, { index, count }: Post): void {
    // Memory that is not shared leaves views of it behind when it grows.
    if (control.buffer !== memory.buffer) control = new Int32Array(memory.buffer, layout.address, layout.length);
    const program = programOf(job);
    if (!program) return;
    const { after, tasks } = program;
    for (let first = 0; first < tasks.length;) {
      let end = first;
      while (end < tasks.length && after[end] === after[first]) end++;
      for (let pass = 0; pass < 2; pass++) {
        for (let task = first; task < end; task++) {
          if (pass === 0 && (task - first) % count !== index) continue;
          if (!claim(task, job)) continue;
          while (Atomics.load(control, layout.done) < after[task]);
          try {
            for (const call of tasks[task]) call();
          } catch {
            Atomics.store(control, layout.failed, 1);
          }
          Atomics.add(control, layout.done, 1);
        }
      }
      first = end;
    }
  }

  function serve(crew: number, post: Post): void {
    let seen = 0;
    Atomics.add(control, layout.ready, 1);
    for (;;) {
      let now = seen;
      // The next step usually follows at once; waking up a sleeping thread takes longer than a small step.
      for (let i = 0; i < 20000 && now === seen; i++) now = Atomics.load(control, layout.called);
      if (now === seen) {
        Atomics.wait(control, layout.called, seen);
        now = Atomics.load(control, layout.called);
      }
      if (Atomics.load(control, layout.crew) !== crew) return;
      seen = now;
      if (Atomics.load(control, layout.running) === now) work(now, post);
    }
  }

  return { work, serve };
}
