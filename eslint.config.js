import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default ts.config(
  {
    ignores: [
      'build/',
      '.svelte-kit/',
      'target/',
      'dist/',
      'test-results/',
      'src/lib/wire.ts',
      '**/gen/',
    ],
  },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      // TypeScript itself knows what is defined.
      'no-undef': 'off',
      // The app lives at the root of its own address, always.
      'svelte/no-navigation-without-resolve': 'off',
      // A plain Map or Date is a choice: what is drawn from it is made reactive by one counter, not by each entry.
      'svelte/prefer-svelte-reactivity': 'off',
      // Log text and names come from outside: they are text nodes, always.
      'svelte/no-at-html-tags': 'error',
      'no-restricted-properties': [
        'error',
        { property: 'innerHTML', message: 'text from outside is a text node' },
        { property: 'outerHTML', message: 'text from outside is a text node' },
        { property: 'insertAdjacentHTML', message: 'text from outside is a text node' },
      ],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig },
    },
  },
);
