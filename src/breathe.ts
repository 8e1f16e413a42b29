/** How long a run may keep the event loop to itself, in milliseconds. */
const BREATH_INTERVAL = 20;

/** A function to await often: every 20 ms it lets timers, input and signals have their turn. */
export function breather(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < BREATH_INTERVAL) return;
    await nextTurn();
    last = performance.now();
  };
}

function nextTurn(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  // A message is delivered at once, where browsers hold a nested timer back for 4 ms.
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
