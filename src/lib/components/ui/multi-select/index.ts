export { default as MultiSelect } from './multi-select.svelte';
