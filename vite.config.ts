import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [tailwindcss(), sveltekit()],
  clearScreen: false,
  server: {
    // `tauri dev` loads this very address.
    port: 5173,
    strictPort: true,
    // A Rust build writes thousands of files here.
    watch: { ignored: ['**/target/**', '**/crates/**', '**/src-tauri/**', '**/build/**'] },
  },
  build: {
    target: ['chrome111', 'safari16.4'],
    // The CSP takes files from our own address alone, no `data:` fonts.
    assetsInlineLimit: 0,
  },
  test: {
    include: ['src/**/*.test.ts'],
    environment: 'node',
    // What hangs, and not what is slow: some walk through all of Unicode, or through every component.
    testTimeout: 60_000,
  },
  // Vitest must load Svelte's browser build, so that runes in `.svelte.ts` files react.
  ...(process.env.VITEST ? { resolve: { conditions: ['browser'] } } : {}),
});
