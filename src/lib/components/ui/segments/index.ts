export { default as Segments } from './segments.svelte';
