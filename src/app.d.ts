// Types SvelteKit looks for by this name.
declare global {
  namespace App {}
}

export {};
