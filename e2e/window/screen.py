"""What a person at the display does that WebDriver does not: `screen.py close`, `dismiss WINDOW`, `away`, `size`,
`title`, `type WINDOW TEXT`."""

import sys

from Xlib import X, XK, display, error
from Xlib.ext import xtest
from Xlib.protocol import event

shown = display.Display()
root = shown.screen().root
delete, protocols, ping, utf8_name = (
    shown.intern_atom(name) for name in ("WM_DELETE_WINDOW", "WM_PROTOCOLS", "_NET_WM_PING", "_NET_WM_NAME")
)


def windows(within=root):
    """All that are on the display, and those in them; one may go while it is looked at."""
    try:
        children = within.query_tree().children
    except error.BadWindow:
        return
    for child in children:
        yield child
        yield from windows(child)


def is_visible(window):
    try:
        return window.get_attributes().map_state == X.IsViewable
    except error.BadWindow:
        return False


def title(window):
    try:
        name = window.get_full_text_property(utf8_name)
        return name or window.get_wm_name() or ""
    except error.BadWindow:
        return ""


def can_close(window):
    try:
        return delete in (window.get_wm_protocols() or [])
    except error.BadWindow:
        return False


def close(begins=""):
    """Asks the windows to close, as their title bar's button does: WM_DELETE_WINDOW (ICCCM 4.2.8.1). All of them, or those
    whose title begins so."""
    for window in windows():
        if can_close(window) and is_visible(window) and title(window).startswith(begins):
            message = event.ClientMessage(
                window=window, client_type=protocols, data=(32, [delete, X.CurrentTime, 0, 0, 0])
            )
            window.send_event(message)


def dismiss(name):
    """Asks one window to close, and waits until it is gone."""
    window = named(name)
    window.change_attributes(event_mask=X.StructureNotifyMask)
    message = event.ClientMessage(window=window, client_type=protocols, data=(32, [delete, X.CurrentTime, 0, 0, 0]))
    window.send_event(message)
    wait(lambda happened: happened.type in (X.UnmapNotify, X.DestroyNotify) and happened.window == window)


def away():
    """Takes the keyboard with a window of its own, says so, and gives it to the app at the end of stdin."""
    other = root.create_window(0, 0, 10, 10, 0, X.CopyFromParent, event_mask=X.FocusChangeMask | X.StructureNotifyMask)
    other.map()
    wait(lambda happened: happened.type == X.MapNotify)
    other.set_input_focus(X.RevertToPointerRoot, X.CurrentTime)
    wait(lambda happened: happened.type == X.FocusIn)
    print("away", flush=True)
    sys.stdin.read()
    named("VM Orchestrator").set_input_focus(X.RevertToPointerRoot, X.CurrentTime)


def wait(is_it):
    while not is_it(shown.next_event()):
        pass


def named(name):
    """The visible window of that title, or of a title that ends with it behind a dot; waits for it."""
    root.change_attributes(event_mask=X.SubstructureNotifyMask)
    while True:
        for window in root.query_tree().children:
            if is_visible(window) and title(window).split(" · ")[-1] == name:
                return window
        shown.next_event()


def size(name):
    """Says how large a window is."""
    shape = named(name).get_geometry()
    print(shape.width, shape.height)


def say_title(name):
    print(title(named(name)))


def resize(name, width, height):
    named(name).configure(width=int(width), height=int(height))


def press(keysym):
    code = shown.keysym_to_keycode(keysym)
    shifted = shown.keycode_to_keysym(code, 0) != keysym
    shift = shown.keysym_to_keycode(XK.XK_Shift_L)
    if shifted:
        xtest.fake_input(shown, X.KeyPress, shift)
    xtest.fake_input(shown, X.KeyPress, code)
    xtest.fake_input(shown, X.KeyRelease, code)
    if shifted:
        xtest.fake_input(shown, X.KeyRelease, shift)


def answered(window):
    """Waits until a window has taken in all that was sent to it: it answers a ping (EWMH, _NET_WM_PING) in its turn."""
    message = event.ClientMessage(window=window, client_type=protocols, data=(32, [ping, X.CurrentTime, window.id, 0, 0]))
    window.send_event(message)
    wait(lambda happened: happened.type == X.ClientMessage and happened.data[1][0] == ping)


def type(name, text):
    """Types into a window by the keyboard of the display, and Enter."""
    window = named(name)
    answered(window)
    window.set_input_focus(X.RevertToParent, X.CurrentTime)
    for keysym in [*map(ord, text), XK.XK_Return]:
        press(keysym)
        answered(window)


what, *arguments = sys.argv[1:]
does = {
    "close": close,
    "dismiss": dismiss,
    "away": away,
    "size": size,
    "title": say_title,
    "resize": resize,
    "type": type,
}
does[what](*arguments)
shown.sync()
