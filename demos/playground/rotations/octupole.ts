import type { RandomStream } from 'tfjs-flows';

/** Corners of the tetrahedron, over √3. */
export const CORNERS: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [1, -1, -1],
  [-1, 1, -1],
  [-1, -1, 1],
].map(([x, y, z]) => [x / Math.sqrt(3), y / Math.sqrt(3), z / Math.sqrt(3)]);

/**
 * Where exact draws see the field from the body, x, y, z, ...: uniform directions `v`, each kept with probability
 * `exp(u_min - u(v))`, `u = -(8κ/√3) v₁ v₂ v₃`.
 */
export function exactDirections(strength: number, count: number, stream: RandomStream): Float32Array {
  const found = new Float32Array(3 * count);
  for (let kept = 0; kept < count;) {
    const [x, y, z] = [stream.nextNormal(), stream.nextNormal(), stream.nextNormal()];
    const r = Math.hypot(x, y, z);
    const excess = (8 * strength) / 9 - (8 * strength * x * y * z) / (Math.sqrt(3) * r ** 3);
    if (Math.log(stream.next()) > -excess) continue;
    found.set([x / r, y / r, z / r], 3 * kept++);
  }
  return found;
}

/** The field along z as bodies of these rotations see it: the third rows of their matrices. */
export function fieldInBodies(rotations: Float32Array): Float32Array {
  const seen = new Float32Array((rotations.length / 4) * 3);
  for (let i = 0; 4 * i < rotations.length; i++) {
    const [w, x, y, z] = rotations.subarray(4 * i, 4 * i + 4);
    seen.set([2 * (x * z - w * y), 2 * (y * z + w * x), w * w + z * z - x * x - y * y], 3 * i);
  }
  return seen;
}

/** A vector turned by a unit quaternion. */
export function turned(q: ArrayLike<number>, [a, b, c]: readonly [number, number, number]): [number, number, number] {
  const [w, x, y, z] = [q[0], q[1], q[2], q[3]];
  const [s, t, u] = [2 * (y * c - z * b), 2 * (z * a - x * c), 2 * (x * b - y * a)];
  return [a + w * s + y * u - z * t, b + w * t + z * s - x * u, c + w * u + x * t - y * s];
}
