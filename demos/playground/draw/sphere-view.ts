import { Plane } from './plane.js';
import { currentTheme } from './theme.js';

/** From where spheres are looked at; those that share it turn together. */
export interface Viewpoint {
  /** About the vertical, radians. */
  turn: number;
  /** Upwards, radians. */
  tilt: number;
  readonly views: SphereView[];
}

/** A place on a sphere that is marked, with its colour. */
export interface Mark {
  readonly at: readonly [number, number, number];
  readonly colour: string;
}

/** Radius of the sphere, as a share of half the side. */
const RADIUS = 0.86;
const SIDE = 1 / RADIUS;
/** Radians that an arrow key turns by. */
const KEY_TURN = 0.15;

/** Points on a sphere, which can be turned by pointer and keys. */
export class SphereView {
  readonly #plane: Plane;
  readonly #viewpoint: Viewpoint;
  readonly #marks: readonly Mark[];
  points: Float32Array = new Float32Array(0);

  constructor(canvas: HTMLCanvasElement, viewpoint: Viewpoint, marks: readonly Mark[]) {
    this.#viewpoint = viewpoint;
    this.#marks = marks;
    this.#plane = new Plane(canvas, { x0: -SIDE, x1: SIDE, y0: -SIDE, y1: SIDE }, (plane) => this.#draw(plane));
    viewpoint.views.push(this);
    this.#watch(canvas);
  }

  redraw(): void {
    this.#plane.redraw();
  }

  #turn(turn: number, tilt: number): void {
    this.#viewpoint.turn += turn;
    this.#viewpoint.tilt = Math.max(-1.5, Math.min(1.5, this.#viewpoint.tilt + tilt));
    for (const view of this.#viewpoint.views) view.redraw();
  }

  #watch(canvas: HTMLCanvasElement): void {
    canvas.style.cursor = 'grab';
    canvas.addEventListener('pointerdown', ({ pointerId }) => canvas.setPointerCapture(pointerId));
    canvas.addEventListener('pointermove', (event) => {
      if (event.buttons === 0) return;
      const scale = 2 / this.#plane.width;
      this.#turn(-event.movementX * scale, event.movementY * scale);
    });
    canvas.addEventListener('keydown', (event) => {
      const by = { ArrowLeft: [KEY_TURN, 0], ArrowRight: [-KEY_TURN, 0], ArrowUp: [0, KEY_TURN], ArrowDown: [0, -KEY_TURN] }[event.key]; // prettier-ignore
      if (!by) return;
      event.preventDefault();
      this.#turn(by[0], by[1]);
    });
  }

  /** Points of the far side faint, then the marks, then those of the near side. */
  #draw(plane: Plane): void {
    const { context } = plane;
    const { ink, faint, data, panel } = currentTheme();
    const { turn, tilt } = this.#viewpoint;
    const [ct, st, ci, si] = [Math.cos(turn), Math.sin(turn), Math.cos(tilt), Math.sin(tilt)];
    const seen = (x: number, y: number, z: number): [number, number, number] => {
      const [across, deep] = [ct * x + st * y, -st * x + ct * y];
      return [across, ci * z + si * deep, si * z - ci * deep];
    };
    const [cx, cy, radius] = [plane.x(0), plane.y(0), plane.x(1) - plane.x(0)];
    const shade = context.createRadialGradient(cx - radius / 3, cy - radius / 3, radius / 8, cx, cy, radius);
    shade.addColorStop(0, panel);
    shade.addColorStop(1, faint);
    context.globalAlpha = 0.35;
    context.fillStyle = shade;
    context.beginPath();
    context.arc(cx, cy, radius, 0, 2 * Math.PI);
    context.fill();
    context.strokeStyle = ink;
    context.stroke();
    for (const near of [false, true]) {
      context.fillStyle = data;
      context.globalAlpha = near ? 0.75 : 0.15;
      for (let i = 0; i < this.points.length; i += 3) {
        const [x, y, towards] = seen(this.points[i], this.points[i + 1], this.points[i + 2]);
        if (towards > 0 === near) context.fillRect(plane.x(x) - 1.2, plane.y(y) - 1.2, 2.4, 2.4);
      }
      context.globalAlpha = near ? 1 : 0.3;
      for (const { at, colour } of this.#marks) {
        const [x, y, towards] = seen(...at);
        if (towards > 0 !== near) continue;
        context.strokeStyle = colour;
        context.lineWidth = 3;
        context.beginPath();
        context.arc(plane.x(x), plane.y(y), 9, 0, 2 * Math.PI);
        context.stroke();
        context.lineWidth = 1;
      }
    }
    context.globalAlpha = 1;
  }
}
