import { ContextMenu as Primitive } from 'bits-ui';
import Content from './context-menu-content.svelte';
import Item from './context-menu-item.svelte';

const Root = Primitive.Root;
const Trigger = Primitive.Trigger;

export {
  Root,
  Trigger,
  Content,
  Item,
  //
  Root as ContextMenu,
  Trigger as ContextMenuTrigger,
  Content as ContextMenuContent,
  Item as ContextMenuItem,
};
