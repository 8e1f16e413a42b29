import type { Plane } from '../draw/plane.js';

/** What a pointer does on a plane. */
export interface PointerActions {
  /** A rectangle was drawn: the points in it. */
  readonly onBrush: (inside: (x: number, y: number) => boolean) => void;
  readonly onClick: (point: [number, number]) => void;
}

/** A drag shorter than this is a click, in pixels. */
const CLICK = 4;

/** Lets rectangles be drawn on a plane, and points be clicked. */
export function watchPointer(plane: Plane, { onBrush, onClick }: PointerActions): void {
  const { canvas } = plane;
  let start: { x: number; y: number; point: [number, number] } | null = null;
  const frame = document.createElement('div');
  frame.className = 'brush';
  frame.hidden = true;
  canvas.parentElement!.append(frame);

  canvas.addEventListener('pointerdown', (event) => {
    start = { x: event.offsetX, y: event.offsetY, point: plane.pointAt(event) };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!start) return;
    const [width, height] = [Math.abs(event.offsetX - start.x), Math.abs(event.offsetY - start.y)];
    if (Math.max(width, height) < CLICK) return;
    frame.hidden = false;
    Object.assign(frame.style, {
      left: `${canvas.offsetLeft + Math.min(start.x, event.offsetX)}px`,
      top: `${canvas.offsetTop + Math.min(start.y, event.offsetY)}px`,
      width: `${width}px`,
      height: `${height}px`,
    });
    const [x, y] = plane.pointAt(event);
    const { point } = start;
    onBrush((a, b) => (a - point[0]) * (a - x) <= 0 && (b - point[1]) * (b - y) <= 0);
  });
  canvas.addEventListener('pointerup', () => {
    if (!start) return;
    if (frame.hidden) {
      onBrush(() => false);
      onClick(start.point);
    }
    frame.hidden = true;
    start = null;
  });
}
