/**
 * `m ← β₁ m + (1 − β₁) g`, `v ← β₂ v + (1 − β₂) g²`, `p ← decay · p − stepSize · m / (rootScale · √v + ε)`.
 */
export interface AdamAttributes {
  /** `β₁`, decay of the mean of gradients. */
  readonly beta1: number;
  /** `β₂`, decay of the mean of squared gradients. */
  readonly beta2: number;
  /** `ε`, added to the root of the mean square. */
  readonly epsilon: number;
  /** `η / (1 − β₁ᵗ)` */
  readonly stepSize: number;
  /** `1 / √(1 − β₂ᵗ)` */
  readonly rootScale: number;
  /** `1 − η λ` with decoupled weight decay `λ`, else 1. */
  readonly decay: number;
}
