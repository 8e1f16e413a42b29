export { ACTIVATION_NAMES, activate, type ActivationName } from '../kernels/dense/activation.js';
