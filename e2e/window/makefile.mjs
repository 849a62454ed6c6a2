// The project of the window's scenarios: each target prints what one of them looks at.

/** How many lines the large log has: make's own and these. */
export const MANY = 2_000_000;

/** A full-screen program of the machine's own curses: it shows its size, and the keys it gets. */
const SCREEN = `import curses
def main(screen):
    keys = ''
    while True:
        screen.erase()
        screen.addstr(0, 0, 'size %d %d' % screen.getmaxyx())
        screen.addstr(1, 0, 'keys ' + keys)
        screen.refresh()
        try:
            key = screen.getch()
        except KeyboardInterrupt:
            break
        if key == ord('q'):
            break
        if key != curses.KEY_RESIZE:
            keys += curses.keyname(key).decode() + ' '
curses.wrapper(main)
print('the screen is left')
`;

/** Scripts that the recipes run, so that no letter of them means something to make. */
export const SCRIPTS = {
  'screen.py': SCREEN,
  ticks: `n=0; while :; do n=$((n + 1)); echo "tick $n."; sleep 0.02; done\n`,
  many: `seq -f 'row %.0f of many' ${MANY}\n`,
  // A third of it, then it waits to be told to go on.
  progress: String.raw`
printf 'begin\n'
for n in $(seq 0 33); do printf '\rcopied %d %%' "$n"; done
read -r go
for n in $(seq 34 100); do printf '\rcopied %d %%' "$n"; done
printf '\nend\n'
`,
  copy: `seq -f '  row %.0f äöü 日本 😀 <b>' 10000\n`,
  colours: String.raw`
printf '\033[31mred\033[0m \033[1;38;5;46mbold 46\033[0m \033[3;48;2;10;20;30mtrue\033[0m \033[4munder\033[0m plain\n'
`,
  faults: `seq 500; echo 'src/a.c:3:7: error: no'; seq 500; echo 'make: *** [Makefile:12: x] Error 2'; seq 500; exit 2\n`,
  slow: `echo slow; sleep 11\n`,
};

/** Bytes that must come out of the raw download as they went in. */
export const RAW = Buffer.from(
  '\u001b[31mred\u001b[0m <b>\r\nbad \u00ff\u0000 bytes\nno end',
  'latin1',
);

export const MAKEFILE = String.raw`
## which environment @choice dev|staging|production
ENV ?= staging
## how many at once
COUNT ?= 10
## the name of it
NAME ?= one
export NAME

.PHONY: ticks many progress copy colours faults raw slow show wipe html full
ticks: ; @sh ticks
many: ; @sh many
progress: ; @sh progress
copy: ; @sh copy
colours: ; @sh colours
faults: ; @sh faults
raw: ; @cat raw
slow: ; @sh slow

show: ## Show what it was given
	@printf 'env=%s count=%s name=%s\n' '$(ENV)' '$(COUNT)' "$$NAME"

wipe: ## Wipe it @danger
	@printf 'wiped %s\n' "$$NAME"

full: ## Fill the screen @pty
	@python3 screen.py
`;

/** A stranger's: \`@touch\` shows whether anything of it has run. */
export const HOSTILE = String.raw`
$(shell touch ran-at-once)

html: ## <img src=x onerror="window.hacked = 1"> {@html}
	@printf '%s\n' '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">'
	@printf '\033]8;;javascript:window.hacked=1\033\\a link\033]8;;\033\\ after it\n'
	@printf '\033]0;a title\007\033]52;c;ZXZpbA==\007after the escapes\n'
	@printf 'pay \342\200\256lla\342\200\254 to \342\201\246me\342\201\251\n'
	@printf '\033[38;5;1mred \033[0m&lt;not markup&gt; {@html x}\n'
	@printf 'nul \000 and bad \377 bytes'
`;
