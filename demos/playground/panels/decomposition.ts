import { make } from '../ui/elements.js';
import type { PointReport } from '../protocol.js';

/** `log p` of a point as the sum that it is: the base, and what each stage adds by stretching or squeezing. */
export function showDecomposition(host: HTMLElement, { path, logDets, baseLogProb, logProb }: PointReport, stages: readonly string[]): void {
  const [x, y] = path.slice(-2);
  const widest = Math.max(Math.abs(baseLogProb), ...Array.from(logDets, Math.abs), 0.1);
  const row = (name: string, value: number) => {
    const bar = make('span', { className: value < 0 ? 'bar less' : 'bar more' });
    bar.style.width = `${(48 * Math.abs(value)) / widest}%`;
    return make('li', {}, make('span', {}, name), make('span', { className: 'track' }, bar), make('output', {}, value.toFixed(2)));
  };
  host.replaceChildren(
    make('p', {}, `log p(${x.toFixed(2)}, ${y.toFixed(2)}) = ${logProb.toFixed(2)} = log p₀(z) − Σ log |det|`),
    make('ol', {}, row('base', baseLogProb), ...stages.map((name, i) => row(`${name}`, -logDets[i]))),
  );
}
