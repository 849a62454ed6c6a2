export { default as Root, default as Textarea } from './textarea.svelte';
