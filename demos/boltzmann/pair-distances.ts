/** Distances of all pairs of points, which lie one after the other in `x`. */
export function pairDistances(x: Float32Array, dims: number): number[] {
  const distances: number[] = [];
  for (let i = 0; i < x.length; i += dims) {
    for (let j = 0; j < i; j += dims) {
      let square = 0;
      for (let axis = 0; axis < dims; axis++) square += (x[i + axis] - x[j + axis]) ** 2;
      distances.push(Math.sqrt(square));
    }
  }
  return distances;
}
