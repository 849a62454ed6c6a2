import Dialog from './command-dialog.svelte';
import Group from './command-group.svelte';
import Input from './command-input.svelte';
import Item from './command-item.svelte';
import List from './command-list.svelte';
import Root from './command.svelte';

export {
  Root,
  Dialog,
  Input,
  List,
  Group,
  Item,
  //
  Root as Command,
  Dialog as CommandDialog,
  Input as CommandInput,
  List as CommandList,
  Group as CommandGroup,
  Item as CommandItem,
};
