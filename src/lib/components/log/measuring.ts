// The measures of a log's window on screen: of its font, and of the terminal that its job may have.
import type { Attachment } from 'svelte/attachments';
import type { App } from '$lib/state/app.svelte';
import type { LogView } from '$lib/state/log/view.svelte';
import type { Job } from '$lib/wire';

/** A window that is being dragged has many sizes: the one it rests at is reported, after so many milliseconds. */
const REST = 100;

/** Reads the width of a character off an element with a hundred of them, in px, once the font is there and when its size changes. */
export function measure(report: (px: number) => void): Attachment<HTMLElement> {
  return (node) => {
    const read = () => {
      const px = node.getBoundingClientRect().width / 100;
      if (px > 0) report(px);
    };
    void document.fonts.ready.then(read);
    const sizes = new ResizeObserver(read);
    sizes.observe(node);
    return () => sizes.disconnect();
  };
}

/** Keeps the terminal of a job that runs as large as what is seen of its log. */
export function terminalSize(app: App, view: LogView, job: Job): Attachment {
  return () => {
    const { gutter, scroll } = view;
    if (!job.pty || job.status !== 'running' || gutter.width === 0) return;
    const size = [gutter.rows(scroll.height), gutter.columns] as const;
    const timer = setTimeout(() => app.jobs.resize(job.id, ...size), REST);
    return () => clearTimeout(timer);
  };
}
