//! `define … endef`: a text of several lines.

use super::{
    super::{
        syntax::{
            assignment::Flavor,
            text::{first_word, is_blank},
        },
        texts::comment::notes,
        values::{references::set_by_line, variables::Standing},
    },
    At, EXPANSION, Reader,
    assign::secret,
};

impl Reader {
    pub(super) fn define(&mut self, rest: &str, at: &mut At) {
        let name = first_word(rest).0.trim_end_matches('=');
        let name = name.trim_end_matches([':', '+', '?']);
        let above = notes(&std::mem::take(&mut at.comments), None);
        if above.secret == Some(true) {
            self.variables.note(name, secret());
        }
        at.define = Some((name.to_owned(), String::new(), 0));
        at.rule = None;
    }

    pub(super) fn defining(&mut self, raw: &str, at: &mut At) {
        let Some((name, body, depth)) = &mut at.define else {
            return;
        };
        match first_word(raw.trim_start_matches(is_blank)).0 {
            "define" => *depth += 1,
            "endef" if *depth == 0 => {
                let (name, body) = (std::mem::take(name), std::mem::take(body));
                at.define = None;
                let standing = Standing {
                    is_text: true,
                    ..self.standing(at)
                };
                let flavor = Flavor::Recursive;
                self.variables.uses(&name, &body, false);
                // What is defined may be run by `eval`, which then sets these.
                for set in body.lines().filter_map(set_by_line) {
                    let index = self.variables.mention(set);
                    self.variables.list[index].is_set = true;
                }
                self.variables
                    .assign(&name, flavor, &body, at.place(), standing);
                return;
            }
            "endef" => *depth -= 1,
            _ => {}
        }
        if body.len() + raw.len() < EXPANSION {
            body.push_str(raw);
            body.push('\n');
        }
    }
}
