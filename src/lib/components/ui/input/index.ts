export { default as Root, default as Input } from './input.svelte';
