export { default as Root, default as Checkbox } from './checkbox.svelte';
