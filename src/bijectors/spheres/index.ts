export { SphereMap, type SphereMapOptions } from './sphere-map.js';
