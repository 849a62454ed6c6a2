import Content from './field-content.svelte';
import Description from './field-description.svelte';
import Label from './field-label.svelte';
import Root from './field.svelte';

export {
  Root,
  Label,
  Content,
  Description,
  //
  Root as Field,
  Label as FieldLabel,
  Content as FieldContent,
  Description as FieldDescription,
};
