import { DropdownMenu as Primitive } from 'bits-ui';

export const DropdownMenu = Primitive.Root;
export const DropdownMenuTrigger = Primitive.Trigger;
export { default as DropdownMenuContent } from './dropdown-menu-content.svelte';
export { default as DropdownMenuItem } from './dropdown-menu-item.svelte';
export { default as DropdownMenuCheckboxItem } from './dropdown-menu-checkbox-item.svelte';
