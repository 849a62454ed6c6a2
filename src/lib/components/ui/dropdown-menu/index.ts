import { DropdownMenu as Primitive } from 'bits-ui';
import CheckboxItem from './dropdown-menu-checkbox-item.svelte';
import Content from './dropdown-menu-content.svelte';
import Item from './dropdown-menu-item.svelte';
import Separator from './dropdown-menu-separator.svelte';

const Root = Primitive.Root;
const Trigger = Primitive.Trigger;

export {
  Root,
  Trigger,
  Content,
  Item,
  CheckboxItem,
  //
  Root as DropdownMenu,
  Trigger as DropdownMenuTrigger,
  Content as DropdownMenuContent,
  Item as DropdownMenuItem,
  Separator as DropdownMenuSeparator,
  CheckboxItem as DropdownMenuCheckboxItem,
};
