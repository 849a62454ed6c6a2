export { default as Disclosure } from './disclosure.svelte';
