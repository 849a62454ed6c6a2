// What the scenarios in the browser use of folders.mjs, which the window's, plain JavaScript, need too.

/** Removes what a private server keeps apart from the app's data; `locks` is the folder `postgres` of that. */
export function removeApart(locks: string): void;
