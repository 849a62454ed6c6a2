import adapter from '@sveltejs/adapter-static';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** @type {import('@sveltejs/kit').Config} */
export default {
  preprocess: vitePreprocess(),
  compilerOptions: {
    runes: ({ filename }) => (filename.includes('node_modules') ? undefined : true),
  },
  kit: {
    // One page for every address: the app's server and Tauri both answer unknown paths with it.
    adapter: adapter({ fallback: 'index.html' }),
    // The scenarios are checked like the page.
    typescript: { config: (config) => void config.include.push('../e2e/**/*.ts') },
    // The bundle is local; polling a version file would only wake the machine.
    version: { pollInterval: 0 },
  },
};
