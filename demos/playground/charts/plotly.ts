import Plotly from 'plotly.js/lib/core';
import contour from 'plotly.js/lib/contour';
import heatmap from 'plotly.js/lib/heatmap';
import histogram from 'plotly.js/lib/histogram';

/** Plotly with the few kinds of traces that the page draws; lines and points are in its core. */
Plotly.register([heatmap, contour, histogram]);

export { Plotly };
