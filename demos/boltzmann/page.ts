/** A chart as plotly.js takes it. */
export interface Chart {
  readonly title: string;
  readonly traces: readonly object[];
  readonly layout?: object;
}

/** Okabe and Ito's colours, which colour-blind readers tell apart. */
export const COLOURS = { flow: '#e69f00', weighted: '#0072b2', reference: '#000000', other: '#009e73' };

/** Results as a page that loads `plotly.min.js` from beside itself. */
export function renderPage(
  title: string,
  summary: string,
  figures: Readonly<Record<string, string>>,
  charts: readonly Chart[],
): string {
  const rows = Object.entries(figures).map(
    ([name, value]) => `<tr><th>${escape(name)}</th><td>${escape(value)}</td></tr>`,
  );
  const places = charts.map(
    (chart, i) => `<figure><figcaption>${escape(chart.title)}</figcaption><div id="chart${i}"></div></figure>`,
  );
  const data = JSON.stringify(charts).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fbfaf7; max-width: 1120px; margin: 3rem auto; padding: 0 1rem; }
  h1 { font-weight: 600; font-size: 1.6rem; margin: 0; }
  p { color: #555; margin: .3rem 0 1.5rem; max-width: 46rem; }
  table { border-collapse: collapse; margin-bottom: 2rem; }
  th { text-align: left; font-weight: 400; color: #555; padding: .15rem 2rem .15rem 0; }
  td { font-variant-numeric: tabular-nums; }
  main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 1.5rem; }
  figure { margin: 0; background: #fff; border: 1px solid #e6e2da; border-radius: 4px; }
  figcaption { padding: .6rem .9rem 0; font-weight: 600; }
  figure div { height: 340px; }
</style>
<h1>${escape(title)}</h1>
<p>${escape(summary)}</p>
<table>${rows.join('')}</table>
<main>${places.join('\n')}</main>
<script src="plotly.min.js"></script>
<script>
const charts = ${data};
const common = { margin: { t: 16, r: 16, b: 48, l: 56 }, font: { family: 'system-ui, sans-serif', size: 12 }, legend: { orientation: 'h', y: 1.08 } };
charts.forEach(({ traces, layout }, i) =>
  Plotly.newPlot('chart' + i, traces, { ...common, ...layout }, { responsive: true, displaylogo: false }));
</script>
</html>
`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
