import { SingleBar } from 'cli-progress';
import type { FitProgress } from '../estimator/train.js';

/** A bar on the standard error while a model is fitted; nothing where that is no terminal. */
export function progressBar(): { readonly show: (progress: FitProgress) => void; readonly stop: () => void } {
  if (!process.stderr.isTTY) return { show: () => {}, stop: () => {} };
  const bar = new SingleBar({
    format: '{place} {model} {bar} pass {value} of {total} | held out {score} nats',
    stream: process.stderr,
    hideCursor: true,
  });
  let started = false;
  return {
    show: ({ model, trial, trials, epoch, epochs, validation }) => {
      if (!started) bar.start(epochs, 0);
      started = true;
      bar.setTotal(epochs);
      bar.update(epoch, {
        place: `${trial}/${trials}`,
        model,
        score: validation === null ? '-' : (-validation).toFixed(3),
      });
    },
    stop: () => bar.stop(),
  };
}
