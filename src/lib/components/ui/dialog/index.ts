import { Dialog as Primitive } from 'bits-ui';

export { default as DialogContent } from './dialog-content.svelte';
export const Dialog = Primitive.Root;
export const DialogClose = Primitive.Close;
