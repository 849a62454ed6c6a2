//! Whether a program has the whole screen of its terminal: the alternate one, as editors and pagers ask for it (xterm's
//! `ctlseqs`, private modes 47, 1047 and 1049); and whether it draws lines anew that it has written, as several progress bars
//! do: the cursor goes up (CUU, CPL). It knows neither lines nor text.

use memchr::memchr;

const ESC: u8 = 0x1b;
/// A prompt may go up once or twice; bars do for each of their states.
const UPS: u8 = 4;

/// Follows which of a terminal's two screens is shown, through bytes that are cut anywhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct Screen {
    is_alternate: bool,
    /// How often the cursor went up, as far as that counts.
    ups: u8,
    at: At,
}

/// How far a `CSI ? … h` has come.
#[derive(Debug, Clone, Copy, Default)]
enum At {
    #[default]
    Nothing,
    Escape,
    Csi,
    /// In the parameter of a sequence that may move the cursor up.
    Move,
    /// In the modes: the number that is being read, and whether one before it was the alternate screen's.
    Modes {
        number: u16,
        found: bool,
    },
}

impl Screen {
    /// Whether it is the alternate one.
    #[must_use]
    pub const fn is_alternate(&self) -> bool {
        self.is_alternate
    }

    /// Whether it has drawn lines anew, several times.
    #[must_use]
    pub const fn redraws(&self) -> bool {
        self.ups >= UPS
    }

    /// Takes what was written next.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if matches!(self.at, At::Nothing) {
                let Some(escape) = memchr(ESC, bytes) else {
                    return;
                };
                bytes = &bytes[escape..];
            }
            self.step(bytes[0]);
            bytes = &bytes[1..];
        }
    }

    fn step(&mut self, byte: u8) {
        self.at = match (self.at, byte) {
            (_, ESC) => At::Escape,
            (At::Escape, b'[') => At::Csi,
            (At::Csi, b'?') => At::Modes {
                number: 0,
                found: false,
            },
            (At::Csi | At::Move, b'0'..=b'9') => At::Move,
            (At::Csi | At::Move, b'A' | b'F') => {
                self.ups = self.ups.saturating_add(1).min(UPS);
                At::Nothing
            }
            (At::Modes { number, found }, b'0'..=b'9') => At::Modes {
                number: number
                    .saturating_mul(10)
                    .saturating_add((byte - b'0').into()),
                found,
            },
            (At::Modes { number, found }, b';') => At::Modes {
                number: 0,
                found: found || is_screen(number),
            },
            (At::Modes { number, found }, b'h' | b'l') => {
                if found || is_screen(number) {
                    self.is_alternate = byte == b'h';
                }
                At::Nothing
            }
            _ => At::Nothing,
        };
    }
}

const fn is_screen(mode: u16) -> bool {
    matches!(mode, 47 | 1047 | 1049)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(pieces: &[&[u8]]) -> bool {
        let mut screen = Screen::default();
        for piece in pieces {
            screen.feed(piece);
        }
        screen.is_alternate()
    }

    #[test]
    fn an_editor_takes_the_screen_and_gives_it_back() {
        assert!(after(&[b"$ vi\r\n\x1b[?1049h\x1b[22;0;0t\x1b[1;24r~"]));
        assert!(after(&[b"\x1b[?25;1049h"]));
        assert!(after(&[b"\x1b[?47h"]));
        assert!(!after(&[b"\x1b[?1049h~\x1b[?1049l$ "]));
        for other in [
            &b"\x1b[?25h\x1b[?1000h\x1b[?2004h"[..],
            b"\x1b[1049h",
            b"[?1049h",
            b"\x1b[?1049m",
            b"\x1b[?1049\x1b[?25h",
            b"\x1b[?99991049h",
        ] {
            assert!(!after(&[other]), "{}", other.escape_ascii());
        }
    }

    #[test]
    fn bars_that_go_up_draw_lines_anew() {
        let redraws = |bytes: &str, piece: usize| {
            let mut screen = Screen::default();
            for piece in bytes.as_bytes().chunks(piece) {
                screen.feed(piece);
            }
            screen.redraws()
        };
        let bars = "\x1b[3A\x1b[2K web pulling\n\x1b[2K db done\n\n".repeat(4);
        for piece in [1, 3, 1000] {
            assert!(redraws(&bars, piece));
            assert!(redraws(&"a\n\x1b[F".repeat(4), piece));
            assert!(!redraws(
                &"\x1b[31ma\x1b[2K\x1b[3B\x1b[?1A\x1b[1;2A".repeat(9),
                piece
            ));
            assert!(!redraws(&bars[..bars.len() / 2], piece));
        }
    }

    #[test]
    fn it_is_the_same_however_it_is_cut() {
        let all = b"a\x1b[31mb\x1b[?1;1049hc";
        for cut in 0..=all.len() {
            let (one, other) = all.split_at(cut);
            assert!(after(&[one, other]), "cut at {cut}");
        }
        assert!(after(&all.chunks(1).collect::<Vec<_>>()));
    }
}
