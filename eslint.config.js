import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

/**
 * A folder of the page and what it does not know: routes → components → state → client → wire, and no arrow runs up.
 * That files and folders form no circle is held by src/lib/arrows.test.ts.
 */
const zone = (files, group, message) => ({
  files,
  ignores: ['**/*.test.ts'],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          { group: [...group, '**/testing/**'], message },
          {
            regex: String.raw`\.\.(/\.\.)*/routes/`,
            message: 'nothing of the library knows a route',
          },
        ],
      },
    ],
  },
});
const SERVER = ['**/client', '**/socket'];

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
  {
    files: ['src/**', 'e2e/**'],
    // A binding is a noun of the glossary in CONTRIBUTING.md: these name nothing.
    rules: { 'id-denylist': ['error', 'told', 'said', 'asked', 'made'] },
  },
  zone(['src/routes/**'], ['**/client', '**/wire'], 'a route puts components together'),
  zone(
    ['src/lib/components/**'],
    SERVER,
    'a component asks the state, and the state asks the server',
  ),
  zone(
    ['src/lib/components/ui/**'],
    [
      ...SERVER,
      '**/state/**',
      '**/wire',
      '**/components/*',
      '!**/components/ui',
      // By a path of the library, so that this rule sees it.
      '../**',
      // What is shown of others is shown in one way, here too.
      '!**/components/Verbatim.svelte',
    ],
    'a part of the screen knows nothing of jobs and hosts',
  ),
  zone(
    ['src/lib/state/**'],
    ['**/components/**', '$app/**', '**/socket'],
    'the state knows no screen',
  ),
  zone(
    ['src/lib/{client,socket,desktop}.ts'],
    ['**/components/**', '**/state/**', '$app/**'],
    'the door to the server knows nobody who uses it',
  ),
  zone(
    [
      'src/lib/{log,visible}/**',
      'src/lib/{batch,clipboard,danger,format,host,host-facts,job,keys,reason,store,tab,target-help,template,utils}.ts',
    ],
    ['**/components/**', '**/state/**', ...SERVER, '**/desktop', 'svelte', 'svelte/**'],
    'these are functions of what they are given',
  ),
);
