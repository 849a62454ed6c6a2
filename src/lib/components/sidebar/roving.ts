// The sidebar by the keyboard: Tab comes to one row and to what is beside it, the arrows go from row to row, and fold and
// unfold. It looks at what is there, for rows come and go.

/** What is beside a row, as its menu: reached by Tab from its own row alone. */
const BESIDE = '[data-beside]';

/** Keeps one row of a list within reach of Tab, and moves among them. */
export function roving(list: HTMLElement): { destroy: () => void } {
  let current: HTMLElement | null = null;

  /** The rows, from the top; those that are folded away are not there at all. */
  function rows(): HTMLElement[] {
    return [...list.querySelectorAll<HTMLElement>('button, a')].filter(
      (one) => !one.matches(BESIDE) && !one.matches(':disabled'),
    );
  }

  function settle() {
    const all = rows();
    if (current === null || !all.includes(current)) {
      current = all.find((row) => row.getAttribute('aria-current') === 'true') ?? all[0] ?? null;
    }
    for (const row of all) row.tabIndex = row === current ? 0 : -1;
    for (const button of list.querySelectorAll<HTMLElement>(BESIDE)) {
      button.tabIndex = rowOf(button) === current ? 0 : -1;
    }
  }

  /** The row that a button is beside. */
  function rowOf(button: HTMLElement): HTMLElement | null {
    for (let at = button.parentElement; at !== null && at !== list; at = at.parentElement) {
      const row = at.querySelector<HTMLElement>(`:is(button, a):not(${BESIDE})`);
      if (row) return row;
    }
    return null;
  }

  function focused(event: FocusEvent) {
    if (!(event.target instanceof HTMLElement)) return;
    const row = event.target.matches(BESIDE) ? rowOf(event.target) : event.target;
    if (row === null || row === current || !rows().includes(row)) return;
    current = row;
    settle();
  }

  function keydown(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.defaultPrevented || !(event.target instanceof HTMLElement)) return;
    const target = event.target;
    const row = target.matches(BESIDE) ? rowOf(target) : target;
    const all = rows();
    const at = row === null ? -1 : all.indexOf(row);
    if (at < 0) return;
    const next = goal(event.key, all, at, target);
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    next?.focus();
  }

  const watching = new MutationObserver(settle);
  watching.observe(list, { childList: true, subtree: true });
  list.addEventListener('focusin', focused);
  list.addEventListener('keydown', keydown);
  settle();
  return {
    destroy: () => {
      watching.disconnect();
      list.removeEventListener('focusin', focused);
      list.removeEventListener('keydown', keydown);
    },
  };
}

/** Where a key leads; null if it has done something else, undefined if it means nothing. */
function goal(
  key: string,
  rows: HTMLElement[],
  at: number,
  target: HTMLElement,
): HTMLElement | null | undefined {
  const row = rows[at]!;
  switch (key) {
    case 'ArrowDown':
      return rows[at + 1] ?? null;
    case 'ArrowUp':
      return rows[at - 1] ?? null;
    case 'Home':
      return rows[0];
    case 'End':
      return rows.at(-1);
    case 'ArrowRight': {
      if (row.getAttribute('aria-expanded') === 'false') return (row.click(), null);
      if (row.getAttribute('aria-expanded') === 'true') return rows[at + 1] ?? null;
      return besides(row).find((_, i, all) => all[i - 1] === target || target === row) ?? null;
    }
    case 'ArrowLeft':
      if (target !== row) return row;
      if (row.getAttribute('aria-expanded') === 'true') return (row.click(), null);
      return (
        rows.slice(0, at).findLast((each) => each.getAttribute('aria-expanded') === 'true') ?? null
      );
    default:
      return undefined;
  }
}

/** What is beside a row, from the left. */
function besides(row: HTMLElement): HTMLElement[] {
  return [...(row.parentElement?.querySelectorAll<HTMLElement>(BESIDE) ?? [])];
}
