// Rows are dragged to another place: no ghost of them, the list itself changes as the pointer passes the others.

/** Px a pointer may move and still click. */
const STILL = 6;

/** What is dragged. */
interface Rows {
  /** Each has its id in `data-KIND`. */
  kind: 'tab' | 'project';
  along: 'x' | 'y';
  /** Moves one to another place among the others, from 0. */
  move: (id: string, to: number) => void;
  elsewhere?: Elsewhere;
}

/** Where else than among the others a row can be let go. */
export interface Elsewhere {
  /** Whether it can be let go where the pointer is. */
  over: (id: string, event: PointerEvent, list: HTMLElement) => boolean;
  drop: (id: string) => void;
  /** The drag is over. */
  end: () => void;
}

/** Lets the rows in an element be dragged. */
export function dragging({ kind, along, move, elsewhere }: Rows) {
  const rows = `[data-${kind}]`;

  /** The row under a pointer; what is in one and does something else is none. */
  function idAt(target: EventTarget | null): string | null {
    if (!(target instanceof Element)) return null;
    const row = target.closest<HTMLElement>(rows);
    const button = target.closest('button');
    return button !== null && button !== row && row?.contains(button)
      ? null
      : (row?.dataset[kind] ?? null);
  }

  /** How many of the other rows are before a place on screen, each by its middle. */
  function placeAt(list: HTMLElement, own: string, at: number): number {
    const others = [...list.querySelectorAll<HTMLElement>(rows)];
    return others.filter((other) => {
      const { left, width, top, height } = other.getBoundingClientRect();
      const middle = along === 'x' ? left + width / 2 : top + height / 2;
      return other.dataset[kind] !== own && middle < at;
    }).length;
  }

  return (list: HTMLElement) => {
    function pointerdown(down: PointerEvent) {
      const own = idAt(down.target);
      if (own === null || down.button !== 0) return;
      const at = (event: PointerEvent) => (along === 'x' ? event.clientX : event.clientY);
      let moved = false;
      const go = (event: PointerEvent) => {
        moved ||= Math.abs(at(event) - at(down)) > STILL;
        if (moved && !elsewhere?.over(own, event, list)) move(own, placeAt(list, own, at(event)));
      };
      const up = (event: PointerEvent) => {
        const isElsewhere =
          moved && event.type === 'pointerup' && elsewhere?.over(own, event, list);
        if (isElsewhere) elsewhere?.drop(own);
        elsewhere?.end();
        window.removeEventListener('pointermove', go);
        window.removeEventListener('pointerup', up);
        window.removeEventListener('pointercancel', up);
        // The click that ends a drag opens nothing.
        if (moved) window.addEventListener('click', swallow, { capture: true, once: true });
        setTimeout(() => window.removeEventListener('click', swallow, { capture: true }));
      };
      window.addEventListener('pointermove', go);
      window.addEventListener('pointerup', up);
      window.addEventListener('pointercancel', up);
    }
    // A link's own drag carries an address and no row.
    const dragstart = (event: DragEvent) => event.preventDefault();
    list.addEventListener('pointerdown', pointerdown);
    list.addEventListener('dragstart', dragstart);
    return () => {
      list.removeEventListener('pointerdown', pointerdown);
      list.removeEventListener('dragstart', dragstart);
    };
  };
}

function swallow(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}
