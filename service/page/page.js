/** The page: upload a table, watch the fit, compare data and draws, download the model. */
/* global Papa */
import { ask, askJson, events, setToken } from './api.js';
import { drawHistory, drawPairs } from './charts.js';

const SHOWN_ROWS = 1500;
/** Characters that these are looked for in. */
const MOST_TEXT = 2 ** 21;
const $ = (id) => document.getElementById(id);

/** Rows of the tables of this visit, by the model that was fitted to them. */
const tables = new Map();
let current = null;

$('file').addEventListener('change', chosen);
$('fit').addEventListener('submit', (event) => {
  event.preventDefault();
  run(fit);
});
$('cancel').addEventListener('click', () => run(async () => current && ask(`jobs/${current}`, { method: 'DELETE' })));
$('token').addEventListener('change', () => {
  setToken($('token').value.trim());
  run(listModels);
});
for (const type of ['dragover', 'dragleave', 'drop']) {
  $('drop').addEventListener(type, (event) => {
    event.preventDefault();
    $('drop').classList.toggle('over', type === 'dragover');
    if (type !== 'drop' || event.dataTransfer.files.length === 0) return;
    $('file').files = event.dataTransfer.files;
    chosen();
  });
}
run(listModels);

/** Does something, and tells what went wrong. */
async function run(work) {
  try {
    await work();
  } catch (error) {
    if (error.status === 401) $('token-field').hidden = false;
    say(error.message, true);
  }
}

function say(text, bad = false) {
  $('message').textContent = text;
  $('message').classList.toggle('bad', bad);
}

function chosen() {
  const [file] = $('file').files;
  if (!file) return;
  $('chosen').textContent = `${file.name}, ${(file.size / 1e6).toFixed(file.size < 1e6 ? 2 : 0)} MB`;
  if (!$('name').value) $('name').value = file.name.replace(/(\.\w+)?(\.gz)?$/, '').replace(/[^\w.-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '').slice(0, 64); // prettier-ignore
}

async function fit() {
  const [file] = $('file').files;
  const model = $('name').value;
  const options = {
    timeBudget: Number($('seconds').value),
    missing: $('missing').value,
    model: $('model').value,
  };
  const form = new FormData();
  form.append('request', JSON.stringify({ model, format: 'csv', options }));
  form.append('file', file);
  say('The table is on its way …');
  const rows = await firstRows(file);
  const job = await (await ask('jobs/fit', { method: 'POST', body: form })).json();
  current = job.id;
  busy(true);
  try {
    await follow(job.id, model, rows);
  } finally {
    current = null;
    busy(false);
  }
}

function busy(yes) {
  $('fit').querySelector('.main').disabled = yes;
  $('cancel').hidden = !yes;
  $('progress').hidden = !yes;
}

async function follow(id, model, rows) {
  const trials = new Map();
  for await (const job of events(`jobs/${id}/events`)) {
    if (job.progress === null) $('progress').removeAttribute('value');
    else $('progress').value = job.progress;
    if (job.detail) {
      const { trial, trials: count, epoch, validation } = job.detail;
      say(`${job.detail.model}, ${trial} of ${count}: pass ${epoch}${validation === null ? '' : `, held out ${(-validation).toFixed(3)} nats in coordinates of the flow`}`); // prettier-ignore
      if (validation !== null) {
        const points = trials.get(job.detail.model) ?? [];
        if (points.at(-1)?.[0] !== epoch) points.push([epoch, -validation]);
        trials.set(job.detail.model, points);
        $('history').hidden = false;
        drawHistory($('history'), trials);
      }
    } else if (job.state === 'waiting') say('Other jobs are first …');
    if (job.state === 'failed') throw new Error(job.error);
    if (job.state === 'cancelled') return say('Stopped.');
    if (job.state !== 'done') continue;
    const { version } = job.result;
    tables.set(`${model}/${version}`, rows);
    say(`Done: ${model}, version ${version}.`);
    await listModels();
    await show(model, version);
  }
}

/** The first rows of a file, unpacked where it is packed; that of the names too, where there is one. */
async function firstRows(file) {
  const stream = file.name.endsWith('.gz') ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file.stream();
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (text.length < MOST_TEXT) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  void reader.cancel();
  return Papa.parse(text, { dynamicTyping: true, skipEmptyLines: true, preview: SHOWN_ROWS }).data;
}

async function listModels() {
  const { models } = await askJson('models');
  $('token-field').hidden = true;
  if ($('message').classList.contains('bad')) say('');
  $('models').replaceChildren(...(models.length > 0 ? models.map(rowOf) : [emptyRow()]));
}

function emptyRow() {
  const row = document.createElement('tr');
  const cell = row.insertCell();
  cell.colSpan = 5;
  cell.textContent = 'None yet.';
  return row;
}

function rowOf({ name, version, model, rows, heldOut }) {
  const row = document.createElement('tr');
  const button = (text, action) => {
    const made = document.createElement('button');
    made.className = 'link';
    made.textContent = text;
    made.addEventListener('click', () => run(action));
    return made;
  };
  row.insertCell().append(button(`${name}, version ${version}`, () => show(name, version)));
  row.insertCell().textContent = model;
  for (const text of [rows.toLocaleString('en'), heldOut.toFixed(3)]) {
    const cell = row.insertCell();
    cell.className = 'number';
    cell.textContent = text;
  }
  row.insertCell().append(button('Download', () => download(name, version)));
  return row;
}

async function download(name, version) {
  const blob = await (await ask(`models/${name}/versions/${version}/archive`)).blob();
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = `${name}-${version}.tar.gz`;
  link.click();
  URL.revokeObjectURL(link.href);
}

async function show(name, version) {
  const { description } = await askJson(`models/${name}/versions/${version}`);
  $('seen').hidden = false;
  $('seen-title').textContent = `${name}, version ${version}`;
  $('columns').replaceChildren(...description.columns.map(columnRow));
  const rows = tables.get(`${name}/${version}`);
  const names = description.columns.filter(({ role }) => role === 'modelled').map((column) => column.name);
  const data = rows && columnsOf(rows, description.columns, names);
  const explained = [`${description.model}, ${description.parameters.toLocaleString('en')} weights, ${description.heldOut.toFixed(4)} nats a row on ${description.heldOutRows.toLocaleString('en')} held-out rows.`]; // prettier-ignore
  const conditions = description.conditionOn.length > 0;
  if (conditions) explained.push(`Draws need values of ${description.conditionOn.join(', ')}: none are drawn here.`);
  else
    explained.push(
      data ? 'Blue, below the diagonal: data; orange, above it: draws of the model.' : 'Draws of the model.',
    );
  $('explained').textContent = explained.join(' ');
  $('pairs').hidden = conditions;
  if (!conditions) {
    const { columns } = await askJson(`models/${name}/versions/${version}/sample`, { count: SHOWN_ROWS });
    await drawPairs($('pairs'), names, data, columns);
  }
  $('seen').scrollIntoView({ behavior: 'smooth' });
}

/** Values of some columns, of rows under their names or without any. */
function columnsOf(rows, columns, names) {
  const all = columns.map(({ name }) => name);
  const named = all.every((name) => rows[0].includes(name));
  const header = named ? rows[0] : all;
  return Object.fromEntries(
    names.map((name) => [name, rows.slice(named ? 1 : 0).map((row) => row[header.indexOf(name)])]),
  );
}

function columnRow({ name, role, treatment, missing }) {
  const row = document.createElement('tr');
  for (const text of [name, role, treatment]) row.insertCell().textContent = text;
  const cell = row.insertCell();
  cell.className = 'number';
  cell.textContent = String(missing);
  return row;
}
