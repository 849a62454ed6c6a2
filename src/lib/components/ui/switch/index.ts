export { default as Root, default as Switch } from './switch.svelte';
