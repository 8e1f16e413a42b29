/** Words of the control block, at the beginning of shared memory, by which threads agree on what to do. */
export const GENERATION = 0;
export const PROGRAM = 1;
export const TICKET = 2;
export const DONE = 3;
export const FAILED = 4;
/** Helping threads that have started. */
export const READY = 5;
/** Workers of an earlier crew go home. */
export const CREW = 6;
/** Byte address of the control block. */
export const CONTROL = 64;
/** A ticket is the number of the next task, with the generation of the job above these bits. */
export const TICKET_BITS = 12;

/** One thread's part of the work. */
export interface Thread {
  /** Takes tasks of the job of this generation until none is left. */
  work(generation: number): void;
  /** Waits for jobs until another crew takes over: a worker's life. */
  serve(crew: number): void;
}

/**
 * What every thread runs, the main one included. Its text is also the program of the workers, so it refers to nothing
 * outside of itself.
 *
 * A job is a list of tasks in phases; a task may start when all tasks of earlier phases are done. Whoever is free takes
 * the next ticket: a thread that comes late, or not at all, holds nobody up. Tickets carry the generation of their job, so
 * that a straggler of the last job cannot take one of the next.
 *
 * A program lies in memory as doubles: version, number of tasks, then for each task the number of tasks that must be done
 * before it, and the place of its calls; at that place the number of calls, and for each call the function, the number of
 * arguments, and the arguments.
 */
export function makeThread(
  memory: WebAssembly.Memory,
  functions: Readonly<Record<string, (...args: number[]) => void>>,
): Thread {
  const [generationAt, programAt, ticketAt, doneAt, failedAt, readyAt, crewAt] = [0, 1, 2, 3, 4, 5, 6];
  const [controlAt, ticketBits] = [64, 12];
  const control = new Int32Array(memory.buffer, controlAt, 16);
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
    const program = { version: words[start], after, tasks };
    programs.set(address, program);
    return program;
  }

  function awaitTasks(count: number, generation: number): boolean {
    for (;;) {
      if (Atomics.load(control, doneAt) >= count) return true;
      if (Atomics.load(control, ticketAt) >>> ticketBits !== generation) return false;
    }
  }

  function work(generation: number): void {
    let program: ReturnType<typeof read> | null = null;
    for (;;) {
      const address = Atomics.load(control, programAt);
      const ticket = Atomics.load(control, ticketAt);
      if (ticket >>> ticketBits !== generation) return;
      program ??= read(address);
      const next = ticket & ((1 << ticketBits) - 1);
      if (next >= program.tasks.length) return;
      if (Atomics.compareExchange(control, ticketAt, ticket, ticket + 1) !== ticket) continue;
      if (!awaitTasks(program.after[next], generation)) return;
      try {
        for (const call of program.tasks[next]) call();
      } catch {
        Atomics.store(control, failedAt, 1);
      }
      Atomics.add(control, doneAt, 1);
    }
  }

  function serve(crew: number): void {
    let seen = 0;
    Atomics.add(control, readyAt, 1);
    for (;;) {
      let now = seen;
      // The next step usually follows at once; waking up a sleeping thread takes longer than a small step.
      for (let i = 0; i < 20000 && now === seen; i++) now = Atomics.load(control, generationAt);
      if (now === seen) {
        Atomics.wait(control, generationAt, seen);
        now = Atomics.load(control, generationAt);
      }
      if (Atomics.load(control, crewAt) !== crew) return;
      seen = now;
      work(now);
    }
  }

  return { work, serve };
}
