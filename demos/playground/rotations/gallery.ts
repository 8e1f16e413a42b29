import { Plane } from '../draw/plane.js';
import { currentTheme } from '../draw/theme.js';
import { CORNERS, turned } from './octupole.js';

/** One colour a face, that the colour-blind can tell apart: the face opposite to each corner. */
export const FACE_COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7'];

const COLUMNS = 5;
const ROWS = 5;
/** Size of a tetrahedron in its cell of width one. */
const SIZE = 0.46;
/** The eye looks down on it a little, radians. */
const TILT = 0.25;
/** Where the light comes from, towards it. */
const LIGHT = [-0.4, 0.75, 0.55] as const;

/** Draws of rotations as tetrahedra, which lie in rows; the field points up. */
export class Gallery {
  readonly #plane: Plane;
  rotations: Float32Array = new Float32Array(0);

  constructor(canvas: HTMLCanvasElement) {
    this.#plane = new Plane(canvas, { x0: 0, x1: COLUMNS, y0: 0, y1: ROWS }, (plane) => this.#draw(plane));
  }

  redraw(): void {
    this.#plane.redraw();
  }

  #draw(plane: Plane): void {
    const { ink } = currentTheme();
    for (let i = 0; i < COLUMNS * ROWS && 4 * i < this.rotations.length; i++) {
      const centre = [(i % COLUMNS) + 0.5, ROWS - Math.floor(i / COLUMNS) - 0.5] as const;
      drawTetrahedron(plane, centre, this.rotations.subarray(4 * i, 4 * i + 4), ink);
    }
  }
}

function drawTetrahedron(plane: Plane, [cx, cy]: readonly [number, number], q: Float32Array, ink: string): void {
  const { context } = plane;
  const [c, s] = [Math.cos(TILT), Math.sin(TILT)];
  // On the screen: to the right, up, towards the eye.
  const corners = CORNERS.map((corner) => {
    const [x, y, z] = turned(q, corner);
    return [x, c * z + s * y, s * z - c * y] as const;
  });
  const faces = CORNERS.map((_, opposite) => {
    const around = corners.filter((__, i) => i !== opposite);
    const outward = corners[opposite].map((v) => -v);
    return { around, outward, colour: FACE_COLOURS[opposite] };
  });
  context.lineJoin = 'round';
  // A convex body hides its faces that look away.
  for (const { around, outward, colour } of faces.filter((face) => face.outward[2] > 0)) {
    const lit = outward.reduce((sum, v, k) => sum + v * LIGHT[k], 0);
    context.beginPath();
    for (const [x, y] of around) context.lineTo(plane.x(cx + SIZE * x), plane.y(cy + SIZE * y));
    context.closePath();
    context.fillStyle = `color-mix(in srgb, ${colour} ${Math.round(62 + 34 * Math.max(0, lit))}%, ${lit > 0.2 ? 'white' : 'black'})`;
    context.fill();
    context.strokeStyle = ink;
    context.globalAlpha = 0.5;
    context.stroke();
    context.globalAlpha = 1;
  }
}
