//! `include`, `-include` and `sinclude`: other files are read where they are.

use super::{
    super::syntax::text::{split_comment, words},
    At, Missing, Reader,
};

impl Reader {
    pub(super) fn include(&mut self, word: &str, rest: &str, at: &mut At) {
        at.rule = None;
        self.drop_comments(at);
        let list = split_comment(rest).0;
        let written = list;
        let Some(list) = self.expanded(list) else {
            return;
        };
        let place = at.place();
        let outer = (self.is_left_open, self.is_conditional, self.outer);
        self.outer = self.side(at);
        let standing = self.standing(at);
        self.is_left_open = standing.is_left_open;
        self.is_conditional |= standing.conditional;
        for pattern in words(&list) {
            for name in self.files.glob(&pattern.name) {
                let path = self.files.included(&name);
                // One that includes itself under a condition is guarded against it.
                if self.is_conditional && self.files.is_open(&path) {
                    continue;
                }
                // `include $(TOP)/$(RULES)` is for when RULES has a value.
                if self.is_conditional && path.is_dir() {
                    continue;
                }
                self.files.stamps.get_mut().look_at(&path);
                if path.symlink_metadata().is_ok() {
                    self.read_file(&path, Some(&place));
                } else if word == "include" && !self.is_conditional {
                    let (written, place) = (written.to_owned(), place.clone());
                    self.missing.push(Missing {
                        name,
                        written,
                        place,
                    });
                }
            }
        }
        (self.is_left_open, self.is_conditional, self.outer) = outer;
    }
}
