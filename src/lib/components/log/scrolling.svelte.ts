// Between the scroll bar and the position in the log: the element's offset always follows from the position, and only a
// change that we did not make (a drag of the bar, a wheel) is read back.
import { PAGE_KEYS, px } from './wheel-and-keys';
import { modHeld } from '$lib/keys';
import type { LogView } from '$lib/state/log/view.svelte';

/** What a person does by the wheel beside scrolling. */
export interface Wheeled {
  /** Moves the texts by so many px. */
  sideways: (px: number) => void;
  /** Makes the text a size larger, or smaller. */
  resize: (by: 1 | -1) => void;
}

/** Px of a wheel that are one size of the text: a notch is more, a touchpad's events are far less. */
const SIZE = 50;

/** Lets an element scroll a log. */
export function scrolling(view: LogView, { sideways, resize }: Wheeled) {
  const { scroll: window } = view;
  return (element: HTMLElement) => {
    let applied = 0;

    $effect(() => {
      const offset = window.measures.offsetOf(window.position);
      // Reading it forces a layout, writing it in vain cancels a smooth scroll under way.
      if (Math.abs(element.scrollTop - offset) >= 1) element.scrollTop = offset;
      applied = element.scrollTop;
    });

    function scroll() {
      if (Math.abs(element.scrollTop - applied) < 1) return;
      // The window became taller and the browser moved what no longer fits: no person did.
      if (element.clientHeight !== window.height) return window.resize(element.clientHeight);
      applied = element.scrollTop;
      window.moveTo(window.measures.positionOf(element.scrollTop));
    }

    let turned = 0;

    /** Ctrl and the wheel, and a pinch, which browsers report as that. */
    function zoom(event: WheelEvent) {
      event.preventDefault();
      turned += px(event.deltaY, event.deltaMode, window.height, view.gutter.row);
      if (Math.abs(turned) < SIZE) return;
      resize(turned < 0 ? 1 : -1);
      turned = 0;
    }

    function wheel(event: WheelEvent) {
      if (event.ctrlKey) return zoom(event);
      const across = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
      if (across !== 0 && Math.abs(across) >= Math.abs(event.shiftKey ? 0 : event.deltaY)) {
        event.preventDefault();
        return sideways(px(across, event.deltaMode, window.height, view.gutter.row));
      }
      // Before the next line comes and takes the window back to the end.
      if (event.deltaY < 0) window.pause();
      if (!window.measures.scaled) return;
      // On a scaled bar one px is many lines: the wheel moves by real ones.
      event.preventDefault();
      window.moveBy(px(event.deltaY, event.deltaMode, window.height, view.gutter.row));
    }

    function pointerdown(event: PointerEvent) {
      const onBar = event.target === element && event.offsetX >= element.clientWidth;
      if (onBar) window.pause();
    }

    function keydown(event: KeyboardEvent) {
      if (modHeld(event) && event.key.toLowerCase() === 'a') {
        event.preventDefault();
        return view.markAll();
      }
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const move = PAGE_KEYS[event.key];
      if (!move || event.target !== element) return;
      event.preventDefault();
      move(view, event.shiftKey);
    }

    element.addEventListener('scroll', scroll, { passive: true });
    element.addEventListener('wheel', wheel, { passive: false });
    element.addEventListener('pointerdown', pointerdown);
    element.addEventListener('keydown', keydown);
    return () => {
      element.removeEventListener('scroll', scroll);
      element.removeEventListener('wheel', wheel);
      element.removeEventListener('pointerdown', pointerdown);
      element.removeEventListener('keydown', keydown);
    };
  };
}
