import { Dialog as Primitive } from 'bits-ui';
import Content from './dialog-content.svelte';
import Description from './dialog-description.svelte';
import Footer from './dialog-footer.svelte';
import Header from './dialog-header.svelte';
import Overlay from './dialog-overlay.svelte';
import Title from './dialog-title.svelte';

const Root = Primitive.Root;
const Close = Primitive.Close;
const Portal = Primitive.Portal;

export {
  Root,
  Portal,
  Overlay,
  Content,
  Header,
  Title,
  Description,
  Footer,
  Close,
  //
  Root as Dialog,
  Portal as DialogPortal,
  Overlay as DialogOverlay,
  Content as DialogContent,
  Header as DialogHeader,
  Title as DialogTitle,
  Description as DialogDescription,
  Footer as DialogFooter,
  Close as DialogClose,
};
