// Runs before the first paint, so that a dark window is never white for a moment. `lib/state/theme.svelte.ts` goes on.
(() => {
  let choice = null;
  try {
    choice = localStorage.getItem('theme');
  } catch {
    // No storage: follow the system.
  }
  const dark =
    choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.classList.toggle('dark', dark);
})();
