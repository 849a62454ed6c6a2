export { default as Root, default as Kbd } from './kbd.svelte';
