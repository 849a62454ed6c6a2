//! A job's child that keeps its own record of what it writes, and the comparison of that record with a log.

use std::{
    fmt, fs,
    ops::AddAssign,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::home::is_alive;

/// Writes pieces to both outputs, each first to a record. A piece is `#NUMBER ` and odd bytes without `#`: NUL, invalid
/// UTF-8, lone CR, escapes; now and then a newline at its end, sometimes a hundred kilobytes of them.
const SCRIPT: &str = r##"
use strict; use warnings;
my ($folder, $seed, $pieces, $size, $pace, $code, $behind) = @ARGV;
srand($seed);
$| = 1;
my @record;
for my $stream (0, 1) { open($record[$stream], '>>:raw', "$folder/record$stream") or die; }
my @output = (*STDOUT, *STDERR);
binmode($_) for @output;
sub put { my ($to, $bytes) = @_; my $at = 0;
  while ($at < length $bytes) { my $n = syswrite($to, $bytes, length($bytes) - $at, $at); exit 99 unless defined $n; $at += $n; } }
sub note { my ($name, $text) = @_; open(my $file, '>', "$folder/$name.new") or die; print $file $text; close $file;
  rename("$folder/$name.new", "$folder/$name"); }
sub await_stop { for (1 .. 12_000) { last if -e "$folder/stop"; select(undef, undef, undef, 0.05); } }
if ($behind) { unless (fork) { require POSIX; POSIX::setsid(); unless (fork) { note('behind', $$); open(STDOUT, '>', '/dev/null');
  open(STDERR, '>', '/dev/null'); await_stop(); exit 0; } exit 0; } wait; }
note('pid', $$);
my @odd = ("\0", "\xff\xfe", "\xc3(", "\r", "\x1b[31m", "\x1b]0;t\a", "plain words ", "\xe2\x82", "\n", "\r\n", "\t");
my $block = join '', map { $odd[rand @odd] } 1 .. 200;
for (my $n = 0; $pieces ? $n < $pieces : !-e "$folder/stop"; $n++) {
  my $stream = rand() < 0.6 ? 0 : 1;
  my $long = $size ? $size : rand() < 0.02 ? int rand 100_000 : int rand 300;
  my $body = substr($block x (1 + $long / length $block), int rand 40, $long);
  my $piece = "#$n " . $body . (rand() < 0.7 ? "\n" : '');
  put($record[$stream], $piece);
  put($output[$stream], $piece);
  select(undef, undef, undef, $pace / 1e6) if $pace && ($size || !($n % 16));
}
await_stop() if $behind;
note('end', $code);
exit $code;
"##;

/// What a child does.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// How many pieces it writes; if 0, it goes on until [`Witness::stop`].
    pub(crate) pieces: u64,
    /// Bytes of each piece; if 0, few or many.
    pub(crate) size: u64,
    /// Microseconds it waits after each piece that has a size, after each sixteenth otherwise.
    pub(crate) pace: u64,
    pub(crate) code: i32,
    /// It leaves a process behind that is nobody's child, and both stay until [`Witness::stop`].
    pub(crate) behind: bool,
}

/// One such child.
#[derive(Debug)]
pub(crate) struct Witness {
    folder: PathBuf,
    plan: Plan,
}

impl Witness {
    /// In a folder of its own in `work`; nobody has the same name.
    pub(crate) fn new(work: &Path, name: &str, plan: Plan) -> Self {
        let folder = work.join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("witness.pl"), SCRIPT).unwrap();
        Self { folder, plan }
    }

    /// One that was made before.
    pub(crate) fn again(work: &Path, name: &str, plan: Plan) -> Self {
        let folder = work.join(name);
        Self { folder, plan }
    }

    pub(crate) fn plan(&self) -> Plan {
        self.plan
    }

    /// The command that runs it. A shell becomes it, so that it is the job's child.
    pub(crate) fn command(&self) -> String {
        let Plan {
            seed,
            pieces,
            size,
            pace,
            code,
            behind,
        } = self.plan;
        let folder = self.folder.display();
        format!(
            "exec perl {folder}/witness.pl {folder} {seed} {pieces} {size} {pace} {code} {}",
            u8::from(behind)
        )
    }

    pub(crate) fn code(&self) -> i32 {
        self.plan.code
    }

    /// Has it end.
    pub(crate) fn stop(&self) {
        fs::write(self.folder.join("stop"), "").unwrap();
    }

    /// Whether it came to its own end.
    pub(crate) fn has_ended(&self) -> bool {
        self.folder.join("end").exists()
    }

    /// Whether it has begun.
    pub(crate) fn has_begun(&self) -> bool {
        self.folder.join("pid").exists()
    }

    /// For how long it had written, when it last did.
    pub(crate) fn wrote_for(&self) -> Duration {
        let at = |name: &str| {
            let file = fs::metadata(self.folder.join(name)).ok()?;
            file.modified().ok()
        };
        let last = ["record0", "record1"].into_iter().filter_map(at).max();
        let since = last
            .zip(at("pid"))
            .map(|(last, first)| last.duration_since(first));
        since.and_then(Result::ok).unwrap_or_default()
    }

    /// The processes of it that still run.
    pub(crate) fn left(&self) -> Vec<i32> {
        let pid = |name| {
            let text = fs::read_to_string(self.folder.join(name)).ok()?;
            text.parse().ok()
        };
        let known = ["pid", "behind"].into_iter().filter_map(pid);
        known.filter(|pid| is_alive(*pid)).collect()
    }

    /// What it wrote, or was about to write, to stdout (0) or stderr (1).
    pub(crate) fn record(&self, stream: u32) -> Vec<u8> {
        fs::read(self.folder.join(format!("record{stream}"))).unwrap_or_default()
    }

    /// How many bytes it has written.
    pub(crate) fn written(&self) -> usize {
        let length = |stream| {
            let record = fs::metadata(self.folder.join(format!("record{stream}")));
            record.map_or(0, |record| record.len() as usize)
        };
        length(0) + length(1)
    }

    /// Compares what was kept with the record. `whole`: it all has to be there; else it may end early.
    pub(crate) fn compare(&self, kept: [&[u8]; 2], whole: bool) -> Counts {
        let mut counts = Counts::default();
        for (stream, kept) in (0..).zip(kept) {
            counts += compare(&self.record(stream), kept, whole);
        }
        counts
    }
}

/// What must all be none.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) lost: usize,
    pub(crate) doubled: usize,
    pub(crate) reordered: usize,
    pub(crate) wrong_status: usize,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.reordered += other.reordered;
        self.wrong_status += other.wrong_status;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "lost {}, doubled {}, reordered {}, wrong status {}",
            self.lost, self.doubled, self.reordered, self.wrong_status
        )
    }
}

/// The numbers of the pieces that are whole in here, in order.
fn numbers(log: &[u8]) -> Vec<u64> {
    let pieces = log.split(|byte| *byte == b'#').skip(1);
    pieces
        .filter_map(|piece| {
            let end = piece.iter().position(|byte| *byte == b' ')?;
            std::str::from_utf8(&piece[..end]).ok()?.parse().ok()
        })
        .collect()
}

fn compare(record: &[u8], kept: &[u8], whole: bool) -> Counts {
    if kept == record || (!whole && record.starts_with(kept)) {
        return Counts::default();
    }
    let (wanted, found) = (numbers(record), numbers(kept));
    let mut counts = Counts::default();
    let mut seen = std::collections::BTreeSet::new();
    for number in &found {
        if !seen.insert(*number) {
            counts.doubled += 1;
        } else if seen.last() != Some(number) {
            counts.reordered += 1;
        }
    }
    let last = seen.last().copied();
    let wanted = wanted
        .iter()
        .filter(|number| whole || last.is_some_and(|last| **number <= last));
    counts.lost = wanted.filter(|number| !seen.contains(number)).count();
    if counts == Counts::default() {
        // Some bytes of a piece are other ones, or gone.
        counts.lost = 1;
    }
    let same = record.iter().zip(kept).take_while(|(a, b)| a == b).count();
    let after = |bytes: &[u8]| {
        String::from_utf8_lossy(&bytes[same..bytes.len().min(same + 80)]).into_owned()
    };
    eprintln!(
        "{} bytes of {} are the same; then {:?} should be {:?}",
        same,
        record.len(),
        after(kept),
        after(record)
    );
    counts
}

#[test]
fn the_comparison_distinguishes_losses_doubles_and_disorder() {
    let record = b"#0 a\n#2 b\n#5 c".as_slice();
    let counts = |kept: &[u8], whole| {
        let counts = compare(record, kept, whole);
        (counts.lost, counts.doubled, counts.reordered)
    };
    assert_eq!(counts(record, true), (0, 0, 0));
    assert_eq!(counts(b"#0 a\n#2 ", false), (0, 0, 0));
    assert_eq!(counts(b"#0 a\n#2 b\n", true), (1, 0, 0));
    assert_eq!(counts(b"#0 a\n#5 c", false), (1, 0, 0));
    assert_eq!(counts(b"#0 a\n#2 b\n#2 b\n#5 c", true), (0, 1, 0));
    assert_eq!(counts(b"#0 a\n#5 c#2 b\n", true), (0, 0, 1));
    assert_eq!(counts(b"#0 a\n#2 X\n#5 c", true), (1, 0, 0));
    assert_eq!(counts(b"#0 a\n#2 X", false), (1, 0, 0));
}
