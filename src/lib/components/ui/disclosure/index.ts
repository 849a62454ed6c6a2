export { default as Root, default as Disclosure } from './disclosure.svelte';
