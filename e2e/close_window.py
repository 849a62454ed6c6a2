"""Asks the windows of the display to close, as their title bar's button does: WM_DELETE_WINDOW (ICCCM 4.2.8.1)."""

from Xlib import X, display
from Xlib.protocol import event

shown = display.Display()
delete, protocols = (shown.intern_atom(name) for name in ("WM_DELETE_WINDOW", "WM_PROTOCOLS"))


def ask(window):
    if delete in (window.get_wm_protocols() or []) and window.get_attributes().map_state == X.IsViewable:
        message = event.ClientMessage(window=window, client_type=protocols, data=(32, [delete, X.CurrentTime, 0, 0, 0]))
        window.send_event(message)
    for child in window.query_tree().children:
        ask(child)


ask(shown.screen().root)
shown.sync()
