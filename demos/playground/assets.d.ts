/** What Vite makes of files that are not code. */
declare module '*?url' {
  const url: string;
  export default url;
}

declare module 'plotly.js/lib/core' {
  import type * as Plotly from 'plotly.js';
  const core: typeof Plotly & { register(modules: readonly unknown[]): void };
  export default core;
}
declare module 'plotly.js/lib/histogram' {
  const trace: unknown;
  export default trace;
}
declare module 'plotly.js/lib/heatmap' {
  const trace: unknown;
  export default trace;
}
declare module 'plotly.js/lib/contour' {
  const trace: unknown;
  export default trace;
}
