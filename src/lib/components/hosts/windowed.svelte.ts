// Of many rows of one height those are drawn that are in sight, and some around them.

/** Rows above and below those in sight, so that a quick wheel meets no gap. */
const AROUND = 12;

/** Where a scrolled list of equal rows is. */
export class Windowed {
  readonly #row: number;
  #node: HTMLElement | null = null;
  #top = $state(0);
  #height = $state(0);

  /** `row` is the height of a row in pixels. */
  constructor(row: number) {
    this.#row = row;
  }

  /** For the element that scrolls. */
  readonly attach = (node: HTMLElement) => {
    this.#node = node;
    const scrolled = () => (this.#top = node.scrollTop);
    const observer = new ResizeObserver(() => (this.#height = node.clientHeight));
    node.addEventListener('scroll', scrolled, { passive: true });
    observer.observe(node);
    return () => {
      node.removeEventListener('scroll', scrolled);
      observer.disconnect();
      this.#node = null;
    };
  };

  /** The first row that is drawn and the one after the last, of so many. */
  range(count: number): { first: number; end: number } {
    const first = Math.max(0, Math.floor(this.#top / this.#row) - AROUND);
    const end = Math.ceil((this.#top + this.#height) / this.#row) + AROUND;
    return { first: Math.min(first, count), end: Math.min(count, end) };
  }

  /** Scrolls until a row is in sight; `head` is the height of what covers the first rows, in pixels. */
  show(row: number, head: number): void {
    if (!this.#node) return;
    const [above, below] = [row * this.#row, (row + 1) * this.#row + head];
    const { scrollTop, clientHeight } = this.#node;
    if (above < scrollTop) this.#node.scrollTop = above;
    else if (below > scrollTop + clientHeight) this.#node.scrollTop = below - clientHeight;
    this.#top = this.#node.scrollTop;
  }
}
