// The page is one program that talks to a socket: there is nothing a server could render.
export const ssr = false;
