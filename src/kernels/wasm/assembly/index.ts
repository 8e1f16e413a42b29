/** Everything that the SIMD module exports. */
export { gemm } from './gemm';
