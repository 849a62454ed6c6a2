export { default as Button, buttonVariants, type ButtonVariants } from './button.svelte';
