export { default as Root, default as Segments } from './segments.svelte';
