import { FlowShapeError } from '../errors.js';
import { POSE } from '../conditioners/bodies/body-view.js';

/**
 * Rigid bodies in double precision, one row `(x, y, z)`, unit quaternion `(w, x, y, z)` after the other. Velocities have as many numbers:
 * those of a quaternion are tangent to the sphere it lies on, where a rotation by an angle is an arc of half of it.
 */

/** @throws FlowShapeError for events that are no rows of poses. */
export function checkPoses(where: string, size: number): void {
  if (size % POSE === 0) return;
  throw new FlowShapeError(where, {
    expected: 'rigid bodies, events of shape [bodies, 7]',
    got: `events of ${size} numbers`,
    hint: 'A row is a position and a unit quaternion.',
  });
}

/** Makes all quaternions unit vectors, in place. */
export function normalizeRotations(x: Float64Array): void {
  for (let q = 3; q < x.length; q += POSE) {
    const length = Math.hypot(x[q], x[q + 1], x[q + 2], x[q + 3]);
    for (let i = q; i < q + 4; i++) x[i] /= length;
  }
}

/** Takes from vectors what is not tangent to the spheres of the quaternions, in place. */
export function projectToTangents(vectors: Float64Array, x: Float64Array): void {
  for (let q = 3; q < x.length; q += POSE) {
    let along = 0;
    for (let i = q; i < q + 4; i++) along += vectors[i] * x[i];
    for (let i = q; i < q + 4; i++) vectors[i] -= along * x[i];
  }
}

/** Moves bodies for a time without forces, in place: straight on, and along great circles, which turns velocities too. */
export function glide(x: Float64Array, velocity: Float64Array, time: number): void {
  for (let p = 0; p < x.length; p += POSE) {
    for (let i = p; i < p + 3; i++) x[i] += time * velocity[i];
    const q = p + 3;
    const speed = Math.hypot(velocity[q], velocity[q + 1], velocity[q + 2], velocity[q + 3]);
    if (speed === 0) continue;
    const [cosine, sine] = [Math.cos(speed * time), Math.sin(speed * time)];
    for (let i = q; i < q + 4; i++) {
      const [at, going] = [x[i], velocity[i]];
      x[i] = at * cosine + (going / speed) * sine;
      velocity[i] = going * cosine - at * speed * sine;
    }
  }
}

/** `q ← q exp(ω/2)`: turns a body by the vector `(a, b, c)` in its own frame. */
export function turn(x: Float64Array, q: number, [a, b, c]: readonly [number, number, number]): void {
  const angle = Math.hypot(a, b, c);
  const cosine = Math.cos(angle / 2);
  const sine = angle === 0 ? 1 / 2 : Math.sin(angle / 2) / angle;
  const [u, v, w] = [a * sine, b * sine, c * sine];
  const [r, i, j, k] = [x[q], x[q + 1], x[q + 2], x[q + 3]];
  x[q] = r * cosine - i * u - j * v - k * w;
  x[q + 1] = r * u + i * cosine + j * w - k * v;
  x[q + 2] = r * v + j * cosine + k * u - i * w;
  x[q + 3] = r * w + k * cosine + i * v - j * u;
}
