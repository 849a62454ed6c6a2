//! What a row has beside its text and styles: its tabs, for those who copy it, and the addresses behind its words (OSC 8).

use crate::log::{Hyperlink, Tab, escape::Osc};

use super::TAB;

/// The longest address that is kept, in bytes; of a longer one the words stay text.
const LONGEST: usize = 2048;
/// Bytes before the address, as its `id=…`.
const BEFORE: usize = 300;
/// Addresses of one line, at most.
const MOST: usize = 100;

/// In the first of a tab's columns, and in the others.
const HEAD: char = '\t';
const REST: char = '\0';

/// Tabs and addresses of a row, by its columns.
#[derive(Debug, Clone, Default)]
pub(super) struct Extras {
    has_tabs: bool,
    /// First column, the one after the last, and the address; in order.
    links: Vec<(usize, usize, String)>,
    /// Where the words begin that are being written, and their address.
    open: Option<(usize, String)>,
    /// An OSC, as far as it has come.
    string: Option<Vec<u8>>,
}

impl Extras {
    /// A tab is written behind all text: it takes the columns up to `to`.
    pub(super) fn tab(&mut self, chars: &mut Vec<char>, to: usize) {
        self.has_tabs = true;
        chars.push(HEAD);
        chars.resize(to, REST);
    }

    /// Text is written over these columns: what was there is no link any more.
    pub(super) fn write(&mut self, from: usize, to: usize) {
        // An OSC that text interrupts has no end.
        self.string = None;
        if !self.links.is_empty() {
            self.links
                .retain(|(start, end, _)| *end <= from || to <= *start);
        }
    }

    /// Takes what comes of an OSC, at a column.
    pub(super) fn osc(&mut self, osc: Osc, column: usize) {
        match osc {
            Osc::Begins => self.string = Some(Vec::new()),
            Osc::Byte(byte) => {
                if let Some(string) = self.string.as_mut()
                    && string.len() <= LONGEST + BEFORE
                {
                    string.push(byte);
                }
            }
            Osc::Dropped => self.string = None,
            Osc::Ends => {
                let string = self.string.take().unwrap_or_default();
                if let Some(rest) = string.strip_prefix(b"8;") {
                    self.close(column);
                    self.open = address(rest).map(|url| (column, url));
                }
            }
        }
    }

    fn close(&mut self, column: usize) {
        if let Some((from, url)) = self.open.take()
            && from < column
            && self.links.len() < MOST
        {
            self.links.push((from, column, url));
        }
    }

    /// The tabs and addresses of a row whose cursor is at `column` now, by UTF-16 units; what is text in it has `end` columns.
    /// From here on its tabs are blanks, without those behind its text.
    pub(super) fn finish(
        mut self,
        chars: &mut Vec<char>,
        end: usize,
        column: usize,
    ) -> (Vec<Tab>, Vec<Hyperlink>) {
        self.close(column);
        let mut offsets = vec![0_u32];
        for char in &*chars {
            let last = offsets.last().copied().unwrap_or_default();
            offsets.push(last + char.len_utf16() as u32);
        }
        let at = |column: usize| offsets[column.min(offsets.len() - 1)];
        let tabs = self.tabs(chars, end, at);
        let links = self.links.into_iter().map(|(from, to, url)| Hyperlink {
            start: at(from),
            end: at(to.min(end)),
            url,
        });
        let links = links.filter(|link| link.start < link.end).collect();
        chars.truncate(end);
        (tabs, links)
    }

    fn tabs(&self, chars: &mut [char], end: usize, at: impl Fn(usize) -> u32) -> Vec<Tab> {
        let mut tabs = Vec::new();
        if !self.has_tabs {
            return tabs;
        }
        for column in 0..chars.len() {
            let width = TAB - column % TAB;
            let rest = chars[column + 1..].iter().take(width - 1);
            let is_whole = chars[column] == HEAD
                && column + width <= chars.len()
                && rest.into_iter().all(|char| *char == REST);
            if is_whole {
                let (start, to) = (at(column.min(end)), at((column + width).min(end)));
                tabs.push((start, to - start));
            }
        }
        for char in chars.iter_mut() {
            if matches!(*char, HEAD | REST) {
                *char = ' ';
            }
        }
        tabs
    }
}

/// The address in `params ; address`, if it is one of the web or of a file.
fn address(rest: &[u8]) -> Option<String> {
    let at = memchr::memchr(b';', rest)?;
    let url = &rest[at + 1..];
    let known: [&[u8]; 3] = [b"http://", b"https://", b"file://"];
    let is_known = known.iter().any(|scheme| url.starts_with(scheme));
    let is_plain = url.len() <= LONGEST && url.iter().all(|byte| matches!(byte, 0x21..=0x7e));
    let url = (is_known && is_plain).then(|| url.to_vec())?;
    String::from_utf8(url).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Style, escape::Pen, row::Row};

    fn shown(bytes: &[u8], limit: usize) -> (String, Vec<Tab>, Vec<Hyperlink>) {
        let (mut pen, mut row) = (Pen::default(), Row::with_extras(limit));
        pen.write(bytes, &mut row);
        let shown = row.into_shown(Style::default());
        let text = shown.spans.into_iter().map(|span| span.text).collect();
        (text, shown.tabs, shown.links)
    }

    #[test]
    fn a_tab_that_is_blanks_on_screen_is_known() {
        for (bytes, text, tabs) in [
            ("a\tb", "a       b", &[(1, 7)][..]),
            ("\t\tb", "                b", &[(0, 8), (8, 8)]),
            ("a\t\t", "a", &[(1, 0), (1, 0)]),
            ("😀\tb\tc", "😀       b       c", &[(2, 7), (10, 7)]),
            ("\x1b[31ma\tb\x1b[m", "a       b", &[(1, 7)]),
            // Part of it has been written over.
            ("a\tb\r12345", "12345   b", &[]),
            ("a\tb\r1", "1       b", &[(1, 7)]),
            ("a\tb\x1b[1K", "         ", &[]),
            ("a\t\x1b[K", "a", &[(1, 0)]),
            ("a\tb\x1b[2K\rc", "c", &[]),
            // Over what is there it only moves.
            ("abcdefghi\r\tX", "abcdefghX", &[]),
        ] {
            let (shown, found, _) = shown(bytes.as_bytes(), 1000);
            assert_eq!(
                (shown.as_str(), found.as_slice()),
                (text, tabs),
                "{bytes:?}"
            );
        }
        assert_eq!(shown(b"ab\tc", 5).1, [], "cut");
    }

    #[test]
    fn words_with_an_address_are_links() {
        let links = |bytes: &str| {
            let links = shown(bytes.as_bytes(), 1000).2.into_iter();
            links
                .map(|link| (link.start, link.end, link.url))
                .collect::<Vec<_>>()
        };
        let is = |start: u32, end: u32| vec![(start, end, "https://x.org/a".to_owned())];
        let open = "\x1b]8;;https://x.org/a\x1b\\";
        let close = "\x1b]8;;\x1b\\";
        assert_eq!(links(&format!("see {open}this{close} one")), is(4, 8));
        let bell = "\x1b]8;id=7;https://x.org/a\x07this\x1b]8;;\x07";
        assert_eq!(links(bell), is(0, 4));
        assert_eq!(
            links(&format!("😀{open}\x1b[31mthis\x1b[m")),
            is(2, 6),
            "open to the end"
        );
        assert_eq!(
            links(&format!("{open}this{close}\rTHAT")),
            [],
            "written over"
        );
        assert_eq!(links(&format!("{open}{close}empty")), []);
        let file = "\x1b]8;;file://box/a%20b#12\x1b\\it\x1b]8;;\x1b\\";
        assert_eq!(links(file), [(0, 2, "file://box/a%20b#12".to_owned())]);
        let two = format!("{open}one{open}two{close}{close}");
        assert_eq!(links(&two).len(), 2);
    }

    #[test]
    fn what_only_looks_like_a_link_is_text() {
        let huge = format!("https://x.org/{}", "a".repeat(LONGEST));
        for url in [
            "javascript:alert(1)",
            "ftp://x.org/a",
            "HTTPS://x.org",
            "https://x.org/a b",
            "https://x.org/\t",
            "https://x.org/ü",
            "//x.org",
            huge.as_str(),
        ] {
            let line = format!("a \x1b]8;;{url}\x1b\\b\x1b]8;;\x1b\\ c");
            let (text, _, links) = shown(line.as_bytes(), 1000);
            assert_eq!((text.as_str(), links), ("a b c", vec![]), "{url}");
        }
        // Without an end, with another sequence in the place of its end, and canceled.
        for start in [
            "\x1b]8;;https://x.org\r",
            "\x1b]8;;https://x.org\x1b[m",
            "\x1b]8;;https://x.org\x18",
            "\x1b]8https://x.org\x07",
            "\x1bP8;;https://x.org\x1b\\",
        ] {
            let line = format!("{start}b\x1b\\c");
            assert_eq!(shown(line.as_bytes(), 1000).2, [], "{start:?}");
        }
        let many = "\x1b]8;;http://x\x07a".repeat(10_000);
        assert_eq!(shown(many.as_bytes(), 100_000).2.len(), MOST);
    }
}
