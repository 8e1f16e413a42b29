/** Charts: held-out scores while a model is fitted, and pairs of columns of data and draws. */
/* global Plotly */
const MOST_COLUMNS = 5;
const SETTINGS = { displayModeBar: false, responsive: true };

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function base() {
  const line = colour('line');
  const axis = { gridcolor: line, zerolinecolor: line, linecolor: line, automargin: true };
  return {
    axis,
    layout: {
      paper_bgcolor: 'rgba(0,0,0,0)',
      plot_bgcolor: 'rgba(0,0,0,0)',
      font: { color: colour('ink'), size: 12 },
      margin: { l: 44, r: 8, t: 8, b: 36 },
      showlegend: false,
    },
  };
}

/** Mean of ln p over held-out rows after each pass, a line for each model tried. */
export function drawHistory(element, trials) {
  const { axis, layout } = base();
  const traces = [...trials].map(([name, points]) => ({
    name,
    x: points.map(([epoch]) => epoch),
    y: points.map(([, score]) => score),
    mode: points.length > 1 ? 'lines' : 'markers',
  }));
  return Plotly.react(
    element,
    traces,
    {
      ...layout,
      showlegend: traces.length > 1,
      legend: { orientation: 'h', y: 1.25 },
      colorway: ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00'],
      xaxis: { ...axis, title: { text: 'pass over the rows' } },
      yaxis: { ...axis, title: { text: 'held out, nats' } },
    },
    SETTINGS,
  );
}

/** Below the diagonal data, above it draws, on it both: they should look alike. */
export function drawPairs(element, names, data, draws) {
  const shown = names.slice(0, MOST_COLUMNS);
  const { axis, layout } = base();
  const size = shown.length;
  const traces = [];
  const axes = {};
  const gap = 0.012;
  shown.forEach((down, row) => {
    shown.forEach((across, column) => {
      const place = row * size + column + 1;
      const own = place === 1 ? '' : String(place);
      const range = (name) => rangeOf(name, data, draws);
      const domain = (index) => [index / size + gap, (index + 1) / size - gap];
      const [bottom, left] = [row === size - 1, column === 0];
      axes[`xaxis${own}`] = { ...axis, domain: domain(column), anchor: `y${own}`, ...range(across), showticklabels: bottom, ...(bottom && { title: { text: across } }) };
      axes[`yaxis${own}`] = { ...axis, domain: domain(size - 1 - row), anchor: `x${own}`, ...(row !== column && range(down)), showticklabels: left && row !== column, ...(left && { title: { text: down } }) };
      const at = { xaxis: `x${own}`, yaxis: `y${own}` };
      if (row === column) {
        for (const [kind, table] of [['data', data], ['draws', draws]]) {
          if (table) traces.push({ ...at, type: 'histogram', x: table[across], histnorm: 'probability', opacity: 0.6, marker: { color: colour(kind) }, name: kind });
        }
        return;
      }
      const kind = column < row && data ? 'data' : 'draws';
      const table = kind === 'data' ? data : draws;
      traces.push({ ...at, type: 'scatter', mode: 'markers', x: table[across], y: table[down], marker: { size: 3, opacity: 0.45, color: colour(kind) }, hoverinfo: 'skip', name: kind });
    });
  }); // prettier-ignore
  element.style.height = `${Math.max(260, Math.min(element.clientWidth, 900) * (size === 1 ? 0.5 : 0.85))}px`;
  return Plotly.react(element, traces, { ...layout, ...axes, barmode: 'overlay' }, SETTINGS);
}

/** One range for data and draws; categories have none. */
function rangeOf(name, data, draws) {
  const values = [...(data?.[name] ?? []), ...draws[name]].filter((value) => typeof value === 'number');
  if (values.length === 0) return {};
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = 0.03 * (high - low || 1);
  return { range: [low - room, high + room] };
}
