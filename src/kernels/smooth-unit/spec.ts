/** Activations whose derivative does not follow from their value: `gelu` is `x Φ(x)`, `silu` is `x σ(x)`. */
export interface SmoothUnitAttributes {
  readonly kind: 'gelu' | 'silu';
}
