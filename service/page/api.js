/** Requests to the service, with the token of this visit. */
const KEY = 'tfjs-flows-token';

export function setToken(token) {
  sessionStorage.setItem(KEY, token);
}

/** An answer, or an error with what the service says of it and its status. */
export async function ask(path, options = {}) {
  const token = sessionStorage.getItem(KEY);
  const headers = { ...options.headers, ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(path, { ...options, headers });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({ detail: response.statusText }));
  throw Object.assign(new Error(problem.detail), { status: response.status });
}

export async function askJson(path, body) {
  const options = body && {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  return (await ask(path, options)).json();
}

/** Server-sent events, by `fetch`, since an EventSource sends no token. */
export async function* events(path) {
  const reader = (await ask(path)).body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const parts = text.split('\n\n');
    text = parts.pop();
    for (const part of parts) {
      const data = part.split('\n').filter((line) => line.startsWith('data:')).map((line) => line.slice(5)); // prettier-ignore
      if (data.length > 0) yield JSON.parse(data.join('\n'));
    }
  }
}
