import { builtinModules } from 'node:module';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const NODE_BUILTINS = builtinModules.filter((name) => !name.startsWith('_')).map((name) => ({ name }));

export default defineConfig(
  globalIgnores([
    '**/build/',
    '**/dist/',
    '**/node_modules/',
    'models/',
    '.cache/',
    '**/*.generated.ts',
    'src/kernels/wasm/assembly/',
  ]),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      eqeqeq: 'error',
      'prefer-const': 'error',
      'no-console': 'error',
      'object-shorthand': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unnecessary-type-arguments': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Subclasses name parameters that only some of them use, and an `async` method may have nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      // TF.js ops return whatever type the caller says; `as Scalar` says it more plainly than a type argument.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      // Sizes are checked before the loops that index by them.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: NODE_BUILTINS,
          patterns: [{ group: ['node:*'], message: 'Use process.getBuiltinModule(): the library loads in browsers.' }],
        },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Draw from a RandomStream: every draw is seeded.' },
        ...['randomNormal', 'randomUniform', 'randomUniformInt', 'randomGamma', 'truncatedNormal', 'multinomial'].map(
          (property) => ({ object: 'tf', property, message: 'Draw from a RandomStream: every draw is seeded.' }),
        ),
        { object: 'tf', property: 'cumprod', message: 'It has no gradient.' },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts', 'demos/**/*.ts', 'support/**/*.ts'],
    rules: {
      'no-console': 'off',
      // Tests read JSON, pass what the types forbid and print what they find.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
);
