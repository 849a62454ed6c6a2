import { Tooltip as Primitive } from 'bits-ui';
import Root from './tooltip.svelte';

const Provider = Primitive.Provider;

export {
  Root,
  Provider,
  //
  Root as Tooltip,
  Provider as TooltipProvider,
};
