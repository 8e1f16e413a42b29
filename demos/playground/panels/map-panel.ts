import { divergingColour } from '../draw/colour-maps.js';
import { Plane } from '../draw/plane.js';
import { drawPoints } from '../draw/points.js';
import { currentTheme, type Theme } from '../draw/theme.js';
import { LATTICE, PARTICLES, type Journey } from '../protocol.js';
import type { View } from './view.js';

/** `log |det|` at which colours are full. */
const FULL = 2.5;

/** Between base and data: a lattice that bends and particles that travel, at the slider's place. */
export function mapPanel(canvas: HTMLCanvasElement, view: View): Plane {
  return new Plane(canvas, { x0: -4, x1: 4, y0: -4, y1: 4 }, (plane) => {
    const { journey, started, position } = view;
    if (!journey || !started) return;
    const stages = started.stages.length;
    const share = stages > 0 ? Math.min(1, position / stages) : 1;
    plane.bounds = between({ x0: -4, x1: 4, y0: -4, y1: 4 }, started.bounds, share);
    const theme = currentTheme();
    drawLattice(plane, at(journey.lattice, position, 2 * LATTICE ** 2), at(journey.logDets, position, LATTICE ** 2), theme);
    drawPoints(plane, at(journey.particles, position, 2 * PARTICLES), { colour: theme.model, radius: 1.5 });
  });
}

/** Values at a place between two stages. */
function at(values: Float32Array, position: number, width: number): Float32Array {
  const last = values.length / width - 1;
  const stage = Math.min(Math.floor(position), Math.max(0, last - 1));
  const share = Math.min(1, position - stage);
  const [from, to] = [stage, Math.min(stage + 1, last)].map((i) => values.subarray(i * width, (i + 1) * width));
  return from.map((value, i) => value + share * (to[i] - value));
}

function between<T extends object>(a: T, b: T, share: number): T {
  const [x, y] = [a, b] as Record<string, number>[];
  return Object.fromEntries(Object.keys(x).map((key) => [key, x[key] + share * (y[key] - x[key])])) as T;
}

/** Lines in a few colours, each drawn in one go: by how much the area around them has grown. */
function drawLattice(plane: Plane, points: Float32Array, logDets: Journey['logDets'], theme: Theme): void {
  const { context } = plane;
  const colours = 13;
  const lines: Path2D[] = Array.from({ length: colours }, () => new Path2D());
  const line = (from: number, to: number) => {
    const value = Math.max(-1, Math.min(1, (logDets[from] + logDets[to]) / 2 / FULL));
    const path = lines[Math.round(((value + 1) / 2) * (colours - 1))];
    if (!path) return;
    path.moveTo(plane.x(points[2 * from]), plane.y(points[2 * from + 1]));
    path.lineTo(plane.x(points[2 * to]), plane.y(points[2 * to + 1]));
  };
  for (let i = 0; i < LATTICE ** 2; i++) {
    if (i % LATTICE < LATTICE - 1) line(i, i + 1);
    if (i + LATTICE < LATTICE ** 2) line(i, i + LATTICE);
  }
  context.lineWidth = 1;
  context.globalAlpha = 0.85;
  lines.forEach((path, i) => {
    context.strokeStyle = divergingColour((2 * i) / (colours - 1) - 1, theme.dark);
    context.stroke(path);
  });
  context.globalAlpha = 1;
}
