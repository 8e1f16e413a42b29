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
export function orderResidual(
  a: readonly (readonly number[])[],
  weights: readonly number[],
  order: number,
  theta = 1,
): number {
  const residuals = rootedTrees(order).map((tree) => {
    const elementary = elementaryWeights(a, tree);
    const sum = weights.reduce((total, weight, s) => total + weight * elementary[s], 0);
    return Math.abs(sum - theta ** order / densityOf(tree));
  });
  return Math.max(...residuals);
}

function elementaryWeights(a: readonly (readonly number[])[], tree: RootedTree): number[] {
  const children = tree.map((child) => elementaryWeights(a, child));
  return a.map((row) =>
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
