// Text onto the clipboard that is still being fetched. A webview lets a page write there only while it answers a key or
// a click, so the promise of the text goes there at once.

/** Copies a text when it comes; rejects with why it did not come, or why it may not be written. */
export async function copyText(text: Promise<string>): Promise<void> {
  const blob = text.then((copied) => new Blob([copied], { type: 'text/plain' }));
  const written = navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })]);
  await Promise.all([text, written]);
}
