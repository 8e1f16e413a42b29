import test from 'ava';
import { renderToString } from 'katex';
import { docComments } from '../../support/catalogue/doc-comments.js';
import { texOf } from '../../support/documentation/formulas.js';

const FORMULAS: readonly (readonly [string, string])[] = [
  ['x', 'x'],
  ['x = f(z)', 'x = f(z)'],
  ['log |det ∂f⁻¹/∂x|', '\\operatorname{log} \\vert \\operatorname{det} \\partial f^{-1}/\\partial x\\vert '],
  ['p_base(z₀)', 'p_{\\text{base}}(z_{0})'],
  ['Σ_{j<i} xⱼ ≤ 1e-3', '\\textstyle\\sum _{j<i} x_{j} ≤ 10^{-3}'],
  ['forward: y = x + û tanh(w · x + b)', '\\text{forward: }y = x + \\hat u \\operatorname{tanh}(w \\cdot  x + b)'],
  ['p(x given z) = 2^bits / √2', 'p(x \\mid  z) = 2^{\\text{bits}} / \\surd 2'],
];

test('formulas become TeX', (t) => {
  for (const [text, tex] of FORMULAS) t.is(texOf(text), tex);
});

test('code stays code', (t) => {
  const code = [
    'dims',
    'tf.add(x, y)',
    '[batch, height · width]',
    'a === b',
    'q => -q',
    "'x'",
    'x;',
    'bins = 8',
    'f()',
  ];
  for (const text of code) t.is(texOf(text), null, text);
});

test('every formula of the doc comments can be set', (t) => {
  const folders = ['bijectors', 'distributions', 'elementwise', 'flows', 'training'];
  const summaries = [...docComments(folders.map((folder) => `src/${folder}`)).values()].map(({ summary }) => summary);
  const formulas = [...summaries.join('\n').matchAll(/`([^`\n]+)`/g)].flatMap(([, text]) => texOf(text) ?? []);
  t.true(formulas.length > 100);
  for (const tex of formulas) t.notThrows(() => renderToString(tex, { throwOnError: true, strict: 'error' }), tex);
});
