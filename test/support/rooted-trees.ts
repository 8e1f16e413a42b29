/** A rooted tree: the trees that hang on its root. */
export type RootedTree = readonly RootedTree[];

/** Number of nodes. */
export function orderOf(tree: RootedTree): number {
  return tree.reduce((sum, child) => sum + orderOf(child), 1);
}

/** `γ(τ)`: the number of nodes times the densities of the children. */
export function densityOf(tree: RootedTree): number {
  return tree.reduce((product, child) => product * densityOf(child), orderOf(tree));
}

/** The rooted trees with so many nodes. */
export function rootedTrees(order: number): RootedTree[] {
  const all = treesUpTo(order - 1);
  return forests(all, order - 1, 0);
}

/**
 * The conditions under which `Σ_s b_s k_s` of a Runge-Kutta method is of some order (Hairer, Nørsett and Wanner, "Solving
 * ordinary differential equations I", 1993, theorem II.2.13): `Σ_s b_s Φ_s(τ) = θ^n / γ(τ)` for each tree `τ` of `n`
 * nodes, with `Φ_s` the product over the children of `Σ_j a_sj Φ_j`.
 *
 * @returns the largest residual of the trees with `order` nodes
 */
export function orderResidual(a: Matrix, weights: readonly number[], order: number, theta = 1): number {
  return largestResidual((tree) => elementaryWeights(() => a, tree), weights, order, theta);
}

/**
 * The same for a Rosenbrock method with the exact Jacobian: where a node has one child, `α_sj + γ_sj` stands for `a_sj`;
 * where it has more, `α_sj` (Hairer and Wanner, "Solving ordinary differential equations II", 1996, theorem IV.7.4).
 */
export function rosenbrockResidual(
  alpha: Matrix,
  gamma: Matrix,
  weights: readonly number[],
  order: number,
  theta = 1,
): number {
  const beta = alpha.map((row, s) => row.map((entry, j) => entry + gamma[s][j]));
  const matrixOf = (children: number) => (children === 1 ? beta : alpha);
  return largestResidual((tree) => elementaryWeights(matrixOf, tree), weights, order, theta);
}

type Matrix = readonly (readonly number[])[];

function largestResidual(
  elementaryOf: (tree: RootedTree) => number[],
  weights: readonly number[],
  order: number,
  theta: number,
): number {
  const residuals = rootedTrees(order).map((tree) => {
    const elementary = elementaryOf(tree);
    const sum = weights.reduce((total, weight, s) => total + weight * elementary[s], 0);
    return Math.abs(sum - theta ** order / densityOf(tree));
  });
  return Math.max(...residuals);
}

function elementaryWeights(matrixOf: (children: number) => Matrix, tree: RootedTree): number[] {
  const children = tree.map((child) => elementaryWeights(matrixOf, child));
  return matrixOf(tree.length).map((row) =>
    children.reduce((product, child) => product * row.reduce((sum, entry, j) => sum + entry * child[j], 0), 1),
  );
}

function treesUpTo(order: number): RootedTree[] {
  return Array.from({ length: Math.max(order, 0) }, (_, i) => rootedTrees(i + 1)).flat();
}

/** Multisets of trees, none from before `from` in the list, with so many nodes together. */
function forests(trees: readonly RootedTree[], nodes: number, from: number): RootedTree[] {
  if (nodes === 0) return [[]];
  return trees.flatMap((tree, i) =>
    i < from || orderOf(tree) > nodes ? [] : forests(trees, nodes - orderOf(tree), i).map((rest) => [tree, ...rest]),
  );
}
