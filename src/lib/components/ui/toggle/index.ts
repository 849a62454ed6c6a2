export { default as Root, default as Toggle } from './toggle.svelte';
