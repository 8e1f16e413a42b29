/**
 * Formulas of doc comments as TeX: `log p(x) = log p_base(f⁻¹(x)) + log |det ∂f⁻¹/∂x|` is read in an editor as it
 * stands, and set as a formula in the reference.
 *
 * @returns null for what is code: anything with a word that is no function of mathematics, unless it is an equation
 */
export function texOf(text: string): string | null {
  if (!SIGN.test(text) || CODE.test(text)) return null;
  const allowsNames = NAMED.test(text);
  let tex = '';
  for (const token of text.match(TOKEN) ?? []) {
    const next = texOfToken(token, allowsNames);
    if (next === null) return null;
    tex += next;
  }
  return tex;
}

/** What makes something a formula: a sign that code is not written with, a relation, or a symbol all alone. */
const SIGN =
  /[Α-Ωα-ωϕ∂∇Σ∏∫√⟨⟩‖·×≤≥≠≈∝∈±∞→←½⊙ℝ⁰¹²³⁴-⁹⁻⁺ᵀᵏⁿᵗˣˢ₀-₉ᵢⱼₖₙₜ′″−]| [~=<>] |\||^-?log |^-?[a-zA-Z]$|^[a-zA-Z]\([a-z](?:, [a-z])*\)$/;

const CODE =
  /===|=>|>=|<=|\?\?|["`@$]|;$|\w\.\w*[a-zA-Z]|[a-z]\(\)|(?<!^forward|^inverse): |\{ |\.\.\.[a-z]|^\[.*[a-z]{3}/;

/** Equations with signs of their own, in which words are the names of quantities. */
const NAMED = /^(?=.*[^\0-\x7f]).* [=~] |^log /;

/** Words, numbers, runs of raised or lowered signs, and single signs. */
const TOKEN =
  /^(?:forward|inverse): |\.\.\.|⋯|_\{[^{}]+\}|_[A-Za-z0-9]+|\^\([^()]+\)|\^-?[A-Za-z0-9]+|[A-Za-z]+|\d+e-?\d+|\d[\d.,]*\d|[⁰¹²³⁴-⁹⁻⁺ᵀᵏⁿᵗˣˢ]+|[₀-₉ᵢⱼₖₙₜ₊₋]+|\s+|[^]/gu;

const FUNCTIONS = new Set(
  'log exp det tr sin cos tan tanh sinh cosh atan arctan arccos arcsin min max sup inf arg argmin argmax softmax softplus sigmoid sign erf erfc diag tril triu rank mod mean sum var cov KL ESS dim vec'.split(' '), // prettier-ignore
);

/** Differentials, which are two letters with one meaning. */
const DIFFERENTIAL = /^d[a-zA-Z]$/;

const RAISED = new Map(zip('⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ᵀᵏⁿᵗˣˢ', '0123456789-+Tkntxs'));
const LOWERED = new Map(zip('₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₙₜ₊₋', '0123456789ijknt+-'));

const SIGNS: Readonly<Record<string, string>> = {
  '√': '\\surd ',
  '½': '\\tfrac12 ',
  '¼': '\\tfrac14 ',
  '·': '\\cdot ',
  '*': '\\cdot ',
  '×': '\\times ',
  '⊙': '\\odot ',
  '∂': '\\partial ',
  '∇': '\\nabla ',
  Σ: '\\textstyle\\sum ',
  '∏': '\\textstyle\\prod ',
  '∫': '\\textstyle\\int ',
  '⟨': '\\langle ',
  '⟩': '\\rangle ',
  '∞': '\\infty ',
  '~': '\\sim ',
  '|': '\\vert ',
  '%': '\\% ',
  '#': '\\# ',
  '&': '\\& ',
  ℝ: '\\mathbb{R}',
  '...': '\\dots ',
  '⋯': '\\cdots ',
  '…': '\\dots ',
  '‖': '\\Vert ',
  '∘': '\\circ ',
  '⌊': '\\lfloor ',
  '⌋': '\\rfloor ',
  û: '\\hat u',
  '{': '\\{',
  '}': '\\}',
  '′': "'",
  '″': "''",
  '−': '-',
};

/** Signs that TeX sets as they are. */
const PLAIN = /^[\p{Script=Greek}\p{Mn}\d'();[\]+\-/=<>,.:!∈≤≥≠≈∝±→←]$/u;

function texOfToken(token: string, allowsNames: boolean): string | null {
  if (/^\s+$/.test(token)) return ' ';
  if (token.endsWith(': ')) return `\\text{${token}}`;
  if (RAISED.has(token[0])) return `^{${translate(token, RAISED)}}`;
  if (LOWERED.has(token[0])) return `_{${translate(token, LOWERED)}}`;
  if (token[0] === '_' || token[0] === '^') {
    const inner = token.slice(1).replace(/^[({]|[)}]$/g, '');
    return `${token[0]}{${/^[A-Za-z]{2,}$/.test(inner) ? `\\text{${inner}}` : inner.replace(/\*/g, '')}}`;
  }
  if (/^[A-Za-z]$/.test(token) || /^\d[\d.,]*$/.test(token)) return token;
  if (/^\d+e/.test(token)) return token.replace(/^1e(.*)/, '10^{$1}').replace(/^(\d+)e(.*)/, '$1 \\cdot 10^{$2}');
  if (token === 'given') return '\\mid ';
  if (/^[A-Za-z]+$/.test(token)) {
    if (DIFFERENTIAL.test(token)) return `d${token[1]}`;
    if (FUNCTIONS.has(token)) return `\\operatorname{${token}}`;
    return allowsNames && /^[a-z][a-zA-Z]*$/.test(token) ? `\\mathrm{${token}}` : null;
  }
  return SIGNS[token] ?? (PLAIN.test(token) ? token : null);
}

function translate(token: string, by: ReadonlyMap<string, string>): string {
  return [...token].map((sign) => by.get(sign)!).join('');
}

function zip(from: string, to: string): [string, string][] {
  return [...from].map((sign, i) => [sign, to[i]]);
}
