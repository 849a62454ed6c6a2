import { Select as Primitive } from 'bits-ui';
import Content from './select-content.svelte';
import Item from './select-item.svelte';
import Trigger, { type TriggerVariants } from './select-trigger.svelte';

const Root = Primitive.Root;

export {
  Root,
  Trigger,
  Content,
  Item,
  //
  Root as Select,
  Trigger as SelectTrigger,
  Content as SelectContent,
  Item as SelectItem,
  type TriggerVariants,
};
