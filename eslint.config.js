import js from '@eslint/js';
import regexp from 'eslint-plugin-regexp';
import globals from 'globals';
import tseslint from 'typescript-eslint';
import { house } from './scripts/dist/house-rules.js';

// What runs in a browser, or as if it did, has projects of its own for the browser's types.
const projects = [
  './tsconfig.json',
  './examples/tsconfig.json',
  './services/gateway/app/tsconfig.json',
  './services/gateway/app/build/tsconfig.json',
  './services/gateway/app/worker/tsconfig.json',
  './services/gateway/pages/tsconfig.json',
  './services/standalone/build/tsconfig.json',
  './test/system/browser/tsconfig.json',
];

export default tseslint.config(
  { ignores: ['**/dist/', '**/node_modules/', '.parley/'] },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: projects, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      // Functions here close over what they need; nothing is called with a `this`.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // What comes over a socket in a test or an example is looked at as it is.
    files: ['**/*.{test,suite}.ts', '**/src/testing/**/*.ts', 'test/**/*.ts', 'examples/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },
  { files: ['**/*.js'], languageOptions: { globals: globals.node } },
  {
    // A regular expression that backtracks lets one string stop the process.
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential', ignoreSticky: false }],
    },
  },
  {
    plugins: { house },
    rules: {
      'max-lines': ['error', 300],
      'house/dependencies': 'error',
      'house/imports': 'error',
      'house/no-circle': 'error',
      'house/environment': 'error',
      'house/time-of-day': 'error',
      'house/names': 'error',
      'house/vocabulary': 'error',
      'house/no-default-export': 'error',
    },
  },
  // `npm run generate` writes it.
  { files: ['libs/client/src/protocol.generated.ts'], rules: { 'max-lines': 'off' } },
);
