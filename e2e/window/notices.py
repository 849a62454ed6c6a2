"""The desktop's notifications (org.freedesktop.Notifications 1.2) and its tray (org.kde.StatusNotifierWatcher) as a program
that prints what is shown, a JSON line each, and presses what it is told on stdin: `ID ACTION`."""

import json
import sys

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
INTERFACE = Gio.DBusNodeInfo.new_for_xml("""
<node><interface name="org.freedesktop.Notifications">
  <method name="Notify">
    <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
    <arg type="a{sv}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/>
  </method>
  <method name="CloseNotification"><arg type="u" direction="in"/></method>
  <method name="GetCapabilities"><arg type="as" direction="out"/></method>
  <method name="GetServerInformation">
    <arg type="s" direction="out"/><arg type="s" direction="out"/>
    <arg type="s" direction="out"/><arg type="s" direction="out"/>
  </method>
  <signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
  <signal name="NotificationClosed"><arg type="u"/><arg type="u"/></signal>
</interface></node>""").interfaces[0]

TRAY, TRAY_PATH, ITEM = "org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher", "org.kde.StatusNotifierItem"
TRAY_INTERFACE = Gio.DBusNodeInfo.new_for_xml("""
<node><interface name="org.kde.StatusNotifierWatcher">
  <method name="RegisterStatusNotifierItem"><arg type="s" direction="in"/></method>
  <property name="IsStatusNotifierHostRegistered" type="b" access="read"/>
  <signal name="StatusNotifierItemRegistered"><arg type="s"/></signal>
</interface></node>""").interfaces[0]

bus = Gio.bus_get_sync(Gio.BusType.SESSION)
loop = GLib.MainLoop()
count = 0
item = None


def say(what):
    try:
        print(json.dumps(what), flush=True)
    except BrokenPipeError:
        # Nobody listens any more.
        loop.quit()


def called(_bus, _sender, _path, _interface, method, arguments, answer):
    global count
    if method == "Notify":
        app, _, _, summary, body, actions, _, _ = arguments.unpack()
        count += 1
        say({"id": count, "app": app, "title": summary, "text": body, "actions": actions})
        answer.return_value(GLib.Variant("(u)", (count,)))
    elif method == "GetCapabilities":
        answer.return_value(GLib.Variant("(as)", (["body", "actions"],)))
    elif method == "GetServerInformation":
        answer.return_value(GLib.Variant("(ssss)", ("window tests", "", "1", "1.2")))
    else:
        answer.return_value(None)


def ask(method, interface, arguments, answered):
    bus.call(item, "/StatusNotifierItem", interface, method, arguments, None, Gio.DBusCallFlags.NONE, -1, None, answered)


def show_item(*_):
    def answered(_bus, result):
        try:
            shown = bus.call_finish(result).unpack()[0]
        except GLib.Error:
            # The app has left meanwhile.
            return
        _, _, title, text = shown["ToolTip"]
        say({"tray": {"status": shown["Status"], "name": shown["Title"], "title": title, "text": text}})

    ask("GetAll", "org.freedesktop.DBus.Properties", GLib.Variant("(s)", (ITEM,)), answered)


def registered(_bus, _sender, _path, _interface, _method, arguments, answer):
    global item
    item = arguments.unpack()[0]
    answer.return_value(None)
    bus.signal_subscribe(item, ITEM, None, None, None, Gio.DBusSignalFlags.NONE, show_item)
    show_item()


def press(channel, _condition):
    line = channel.readline()
    if not line:
        loop.quit()
        return False
    number, action = line.split()
    bus.emit_signal(None, PATH, NAME, "ActionInvoked", GLib.Variant("(us)", (int(number), action)))
    bus.emit_signal(None, PATH, NAME, "NotificationClosed", GLib.Variant("(uu)", (int(number), 2)))
    return True


bus.register_object(TRAY_PATH, TRAY_INTERFACE, registered, lambda *_: GLib.Variant("b", True), None)
Gio.bus_own_name_on_connection(bus, TRAY, Gio.BusNameOwnerFlags.NONE, None, None)
bus.register_object(PATH, INTERFACE, called, None, None)
Gio.bus_own_name_on_connection(bus, NAME, Gio.BusNameOwnerFlags.NONE, lambda *_: say("ready"), None)
GLib.io_add_watch(GLib.IOChannel(filedes=sys.stdin.fileno()), GLib.IO_IN | GLib.IO_HUP, press)
loop.run()
