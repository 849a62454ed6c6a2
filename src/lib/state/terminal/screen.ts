// xterm.js as we use it: our font and colours, no links, and no answers to what a log has no business to ask. Loaded when
// the first terminal is opened, and nowhere imported but by `import()`.
import '@xterm/xterm/css/xterm.css';
import { FitAddon } from '@xterm/addon-fit';
import { type ITheme, Terminal } from '@xterm/xterm';
import { ENOUGH, palette, type Theme } from '$lib/log/color';

/** Lines that can be scrolled back to; all of them are in the log. */
const SCROLLBACK = 5000;
const FONT = "'JetBrains Mono Variable', ui-monospace, monospace";
const FONT_SIZE = 12;

/** As `--log-selection` in app.css; xterm takes no variables. */
const SELECTION: Record<Theme, string> = { dark: '#1c3d69', light: '#bfdafe' };

/** A terminal, and what makes it as large as its place. */
export interface Screen {
  terminal: Terminal;
  fit: FitAddon;
}

/** Makes one that is drawn nowhere yet; its font is there. */
export async function makeScreen(theme: Theme): Promise<Screen> {
  await Promise.all(['400', '700'].map((weight) => document.fonts.load(`${weight} 12px ${FONT}`)));
  const terminal = new Terminal({
    fontFamily: FONT,
    fontSize: FONT_SIZE,
    fontWeight: 400,
    fontWeightBold: 700,
    // The font's own height, in which the lines of boxes meet; the log's 20 px would tear them apart.
    lineHeight: 1,
    drawBoldTextInBrightColors: false,
    minimumContrastRatio: ENOUGH,
    scrollback: SCROLLBACK,
    cursorInactiveStyle: 'outline',
    theme: themeOf(theme),
    logLevel: 'off',
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  swallow(terminal);
  return { terminal, fit };
}

/** The colours of a theme. */
export function themeOf(theme: Theme): ITheme {
  const { ground, text, ansi } = palette(theme);
  const [black, red, green, yellow, blue, magenta, cyan, white] = ansi as Eight;
  const [gray, ...bright] = ansi.slice(8);
  const [brightRed, brightGreen, brightYellow, brightBlue, brightMagenta, brightCyan, brightWhite] =
    bright;
  return {
    ...{ background: ground, foreground: text, cursor: text, cursorAccent: ground },
    selectionBackground: SELECTION[theme],
    ...{ black, red, green, yellow, blue, magenta, cyan, white },
    ...{ brightBlack: gray!, brightRed: brightRed!, brightGreen: brightGreen! },
    ...{ brightYellow: brightYellow!, brightBlue: brightBlue!, brightMagenta: brightMagenta! },
    ...{ brightCyan: brightCyan!, brightWhite: brightWhite! },
  };
}

type Eight = [string, string, string, string, string, string, string, string];

/**
 * What is never done, for any program at any time: titles (0 to 2), the palette and the colours of text, ground and cursor
 * (4, 10 to 12, 104, 110 to 112; a question for them would be answered), links (8), the clipboard (52), and DECRQSS, which
 * would be answered too. Window reports are off by default. What is left of xterm's answers is what full-screen programs
 * ask when they start: DA, DSR and DECRQM, of digits alone.
 */
function swallow({ parser }: Terminal): void {
  for (const osc of [0, 1, 2, 4, 8, 10, 11, 12, 52, 104, 110, 111, 112])
    parser.registerOscHandler(osc, () => true);
  parser.registerDcsHandler({ intermediates: '$', final: 'q' }, () => true);
}
