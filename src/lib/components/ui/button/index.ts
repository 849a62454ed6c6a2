export {
  default as Root,
  default as Button,
  buttonVariants,
  type ButtonVariants,
} from './button.svelte';
