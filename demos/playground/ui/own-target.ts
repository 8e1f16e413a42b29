import type { TargetSpec } from '../protocol.js';
import { element } from './elements.js';

/** Cells along a side of a picture that becomes a density. */
const SIZE = 64;
const LEAST_ROWS = 20;

/** Lets the visitor draw, or bring a table or a picture. */
export function offerOwnTargets(take: (target: TargetSpec) => void, complain: (message: string) => void): void {
  const pad = element<HTMLCanvasElement>('pad');
  const context = pad.getContext('2d', { willReadFrequently: true })!;
  clear(context);
  let last: [number, number] | null = null;
  const place = (event: PointerEvent): [number, number] => {
    return [(event.offsetX / pad.clientWidth) * SIZE, (event.offsetY / pad.clientHeight) * SIZE];
  };
  pad.onpointerdown = (event) => {
    pad.setPointerCapture(event.pointerId);
    last = place(event);
    stroke(context, last, last);
  };
  pad.onpointermove = (event) => {
    if (!last) return;
    const next = place(event);
    stroke(context, last, next);
    last = next;
  };
  pad.onpointerup = () => (last = null);
  element('pad-clear').onclick = () => clear(context);
  const learn = (title: string) => {
    const weights = darkness(context);
    if (weights.every((weight) => weight === 0)) complain('The drawing is empty: draw something first.');
    else take({ kind: 'picture', title, size: SIZE, weights });
  };
  element('pad-train').onclick = () => learn('a drawing');

  const picture = element<HTMLInputElement>('picture');
  picture.onchange = () => void usePicture(picture.files?.[0], context).then(() => learn('a picture'), () => complain('That picture could not be read.')); // prettier-ignore
  const csv = element<HTMLInputElement>('csv');
  csv.onchange = async () => {
    const file = csv.files?.[0];
    if (!file) return;
    const rows = parseTable(await file.text());
    if (rows.length < 2 * LEAST_ROWS) complain(`${file.name}: expected at least ${LEAST_ROWS} rows of two numbers, got ${rows.length / 2}.`); // prettier-ignore
    else take({ kind: 'table', title: file.name, rows });
    csv.value = '';
  };
}

/** The first two numbers of each line; lines without two are left out. */
export function parseTable(text: string): Float32Array {
  const rows: number[] = [];
  for (const line of text.split(/\r?\n/)) {
    const [x, y] = line.split(/[,;\t ]+/).filter(Boolean).map(Number); // prettier-ignore
    if (Number.isFinite(x) && Number.isFinite(y)) rows.push(x, y);
  }
  return Float32Array.from(rows);
}

function clear(context: CanvasRenderingContext2D): void {
  context.fillStyle = '#fff';
  context.fillRect(0, 0, SIZE, SIZE);
}

function stroke(context: CanvasRenderingContext2D, from: [number, number], to: [number, number]): void {
  context.strokeStyle = '#000';
  context.lineWidth = 5;
  context.lineCap = 'round';
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(...to);
  context.stroke();
}

/** How dark each cell is, from 0 to 1; what is nearly white is nothing. */
function darkness(context: CanvasRenderingContext2D): Float32Array {
  const { data } = context.getImageData(0, 0, SIZE, SIZE);
  return Float32Array.from({ length: SIZE * SIZE }, (_, i) => {
    const dark = 1 - (0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]) / 255;
    return dark < 0.08 ? 0 : dark;
  });
}

async function usePicture(file: File | undefined, context: CanvasRenderingContext2D): Promise<void> {
  if (!file) throw new Error('no file');
  const bitmap = await createImageBitmap(file);
  clear(context);
  const scale = SIZE / Math.max(bitmap.width, bitmap.height);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  context.drawImage(bitmap, (SIZE - width) / 2, (SIZE - height) / 2, width, height);
}
