// Generated from crates/orchestrator/src/wire.rs by `make wire`; `make test` fails if the two differ.

/**
 * The answer to a prompt.
 */
export type Answer = { "kind": "accept" } | { "kind": "refuse" } | { "kind": "text", 
/**
 * The secret or answer.
 */
text: string, };

/**
 * One command on many hosts.
 */
export type Batch = { 
/**
 * Its id, which its jobs carry: ids sort by when they were made.
 */
id: string, 
/**
 * Who started it: `user@machine`.
 */
owner: string, 
/**
 * The shell command; of a target, the line that runs it in its project's folder.
 */
command: string, 
/**
 * The target that it runs; none of a command.
 */
target?: BatchTarget, 
/**
 * Whether each job gets a terminal.
 */
pty: boolean, 
/**
 * The set of hosts as it was written; empty if they were picked one by one.
 */
chosen: string, 
/**
 * How it is run.
 */
rules: BatchRules, 
/**
 * When it was asked for.
 */
queued_at: string, 
/**
 * When it was over, held hosts aside; none before.
 */
finished_at: string | null, 
/**
 * Whether it was canceled as a whole.
 */
canceled: boolean, 
/**
 * Why hosts are held; none if none are.
 */
held: string | null, 
/**
 * Failures that a person has seen and gone on after: they count no more toward the rule that stops it.
 */
forgiven: number, 
/**
 * How much has happened to it so far: of two versions, the one with more is newer.
 */
changes: number, 
/**
 * The hosts, in the order in which they are tried.
 */
hosts: Array<BatchHost>, };

/**
 * A host's output so far, in short.
 */
export type BatchAnswer = { 
/**
 * The host, by its place in [`super::Batch::hosts`].
 */
host: number, 
/**
 * Lines in its log.
 */
lines: number, 
/**
 * The last line that is not blank, at most 512 bytes of it; empty if there is none.
 */
last: string, };

/**
 * What the hosts of a batch answered so far.
 */
export type BatchAnswers = { 
/**
 * Of each host with a job, in the order of the hosts.
 */
answers: Array<BatchAnswer>, 
/**
 * The hosts whose command is over, by what they answered; the reference comes first, then those that ended well, and
 * of these the larger ones.
 */
groups: Array<BatchGroup>, 
/**
 * Whether the first group is what the others are compared with: the largest of those that ended best.
 */
has_reference: boolean, };

/**
 * How many hosts are how.
 */
export type BatchCounts = { queued: number, running: number, done: number, error: number, 
/**
 * Whose command did not run for whichever reason: [`Summary::unreachable`] has them by reason.
 */
unreachable: number, canceled: number, held: number, skipped: number, };

/**
 * A host's output beside that of the reference.
 */
export type BatchDifference = { 
/**
 * The host.
 */
host: string, 
/**
 * The host of the reference that it is compared with; none if it is one of the reference's own, or there is none.
 */
reference: string | null, 
/**
 * The lines: standard output, then standard error. With no reference all of them are in both.
 */
lines: Array<DiffLine>, 
/**
 * Whether one of the outputs is longer than what was compared, its first 2,000 lines.
 */
cut: boolean, };

/**
 * How many lines differ from the reference.
 */
export type BatchDiffers = { 
/**
 * Lines that only this group has.
 */
added: number, 
/**
 * Lines that only the reference has.
 */
removed: number, };

/**
 * Hosts whose command ended alike and wrote the same.
 */
export type BatchGroup = { 
/**
 * The hosts, by their places in [`super::Batch::hosts`].
 */
hosts: Array<number>, 
/**
 * How they are.
 */
state: HostState, 
/**
 * How their command ended, in words; none if it ended well.
 */
why: string | null, 
/**
 * Lines that the reference does not have, and lines that it alone has; none if they were not compared: of the
 * reference, of hosts where nothing ran, of long output, and of more than 64 groups.
 */
differs: BatchDiffers | null, };

/**
 * A batch's command on one host.
 */
export type BatchHost = { 
/**
 * The host's name.
 */
name: string, 
/**
 * The exact command there, if it is another than the batch's: a target's has the project's folder in it.
 */
command?: string, 
/**
 * Its wave, from 0.
 */
wave: number, 
/**
 * How it is.
 */
state: HostState, 
/**
 * Its job; none if none was started.
 */
job: JobId | null, 
/**
 * The job of its check; none if none was started.
 */
check?: JobId | null, 
/**
 * Whether the check is over.
 */
checked: boolean, 
/**
 * Why it is so, in words, if there is more to say.
 */
why: string | null, 
/**
 * Why it is [`HostState::Unreachable`], as a word: `dns`, `timeout`, `auth_failed`, ... as of a job.
 */
unreachable?: string, };

/**
 * What the hosts of a batch answered when the same command ran there the last time.
 */
export type BatchLastTime = { 
/**
 * The batch of then.
 */
batch: string, 
/**
 * When that was asked for.
 */
queued_at: string, 
/**
 * Of each host whose command is over in both, in the order of this batch's hosts.
 */
hosts: Array<BatchThen>, };

/**
 * The last lines of all hosts, in the order in which they came.
 */
export type BatchMerged = { 
/**
 * Oldest first, at most [`Merged::MOST`].
 */
lines: Array<BatchMergedLine>, 
/**
 * Lines before these that are left out: the logs have them.
 */
left_out: number, };

/**
 * A line of one host.
 */
export type BatchMergedLine = { 
/**
 * The host, by its place in [`super::Batch::hosts`].
 */
host: number, 
/**
 * Its number in the host's log, from 1.
 */
number: number, 
/**
 * Its stream.
 */
stream: Stream, 
/**
 * When its first byte was read: microseconds since 1970.
 */
at: number, 
/**
 * Its text without styles, at most 1024 bytes of it.
 */
text: string, };

/**
 * What a person wants of a batch that is there.
 */
export type BatchOrder = { "order": "let_go" } | { "order": "drop" } | { "order": "cancel", 
/**
 * KILL at once.
 */
force: boolean, };

/**
 * What the page can ask of batches.
 */
export type BatchRequest = { "type": "batches", "with": { 
/**
 * At most this many, 1 to 500.
 */
limit: number, } } | { "type": "batch", "with": { 
/**
 * Its id, the beginning of it, or `last`.
 */
batch: string, } } | { "type": "answers", "with": { 
/**
 * The batch.
 */
batch: string, 
/**
 * Whether times, durations, process ids, temporary files and each host's own name make no difference.
 */
masked: boolean, } } | { "type": "difference", "with": { 
/**
 * The batch.
 */
batch: string, 
/**
 * The host's name.
 */
host: string, 
/**
 * As in [`Self::Answers`].
 */
masked: boolean, } } | { "type": "last_time", "with": { 
/**
 * The batch.
 */
batch: string, 
/**
 * As in [`Self::Answers`].
 */
masked: boolean, } } | { "type": "merged", "with": { 
/**
 * The batch.
 */
batch: string, } } | { "type": "order", "with": { 
/**
 * The batch.
 */
batch: string, 
/**
 * What becomes of it.
 */
order: BatchOrder, } };

/**
 * How a batch is run.
 */
export type BatchRules = { 
/**
 * The set of hosts as it was written; empty if they were picked one by one.
 */
chosen?: string, 
/**
 * On how many hosts at once; none means 32.
 */
limit?: Share, 
/**
 * In which waves; none means all in one.
 */
waves?: Waves, 
/**
 * A command that runs on the hosts of a wave which ended well, before the next wave starts.
 */
check?: string, 
/**
 * How many failures stop the batch from starting more jobs; none means no number does.
 */
stop_after?: Share, 
/**
 * Whether the command runs as root, by `sudo` on the host; the check does too.
 */
sudo?: boolean, 
/**
 * Whether it only looks on the hosts for what a person wants to run there: no list has it.
 */
looks?: boolean, 
/**
 * A hash of the hosts and of where they are, as a person was shown them: if they are elsewhere by the start, nothing is
 * started. None is not compared, and it is not kept.
 */
shown?: string, 
/**
 * Whether a person was asked about these hosts, and agreed: on one that always asks, nothing starts otherwise. It is
 * not kept.
 */
agreed?: boolean, 
/**
 * How long the command may run on one host, in milliseconds, from its start there.
 */
timeout?: number, };

/**
 * How a batch is, in one word.
 */
export type BatchStatus = "running" | "done" | "partial" | "error" | "canceled";

/**
 * A batch without its hosts: what lists show.
 */
export type BatchSummary = { 
/**
 * Its id.
 */
id: string, 
/**
 * Who started it: `user@machine`.
 */
owner: string, 
/**
 * The shell command.
 */
command: string, 
/**
 * The set of hosts as it was written; empty if they were picked one by one.
 */
chosen: string, 
/**
 * How it is.
 */
status: BatchStatus, 
/**
 * How many hosts are how.
 */
counts: BatchCounts, 
/**
 * How many hosts were not reached, by the word for the reason: `auth_failed`, `timeout`, ...
 */
unreachable: { [key in string]: number }, 
/**
 * Why hosts are held; none if none are.
 */
held: string | null, 
/**
 * When it was asked for.
 */
queued_at: string, 
/**
 * When it was over, held hosts aside; none before.
 */
finished_at: string | null, };

/**
 * Targets of a project, which a batch runs in the project's folder on each host.
 */
export type BatchTarget = { 
/**
 * The project's name here.
 */
project: string, 
/**
 * At least one.
 */
targets: Array<string>, 
/**
 * The variables given to make, in order; none of them is a secret.
 */
variables: Array<[string, string]>, 
/**
 * How make is asked.
 */
options: MakeOptions, };

/**
 * What a host answered the last time.
 */
export type BatchThen = { 
/**
 * The host, by its place in this batch.
 */
host: number, 
/**
 * How it was.
 */
state: HostState, 
/**
 * The last line that is not blank, as in [`Answer::last`].
 */
last: string, 
/**
 * Whether it ends differently now, or writes something else.
 */
has_changed: boolean, };

/**
 * A message from the page.
 */
export type Call = { 
/**
 * Chosen by the page; the reply carries it.
 */
id: number, 
/**
 * What it wants.
 */
request: Request, };

/**
 * What is asked before something runs on a host; each asks for more than the one before.
 */
export type Care = "free" | "ask" | "always" | "name";

/**
 * What the page can ask of projects, hosts and what is saved of them.
 */
export type CatalogRequest = { "type": "overview" } | { "type": "targets", "with": { 
/**
 * Its name.
 */
project: string, } } | { "type": "add_project", "with": { 
/**
 * The folder, absolute or starting with `~/`.
 */
path: string, } } | { "type": "remove_project", "with": { 
/**
 * Its name.
 */
name: string, } } | { "type": "trust_project", "with": { 
/**
 * Its name.
 */
name: string, } } | { "type": "distrust_project", "with": { 
/**
 * Its name.
 */
name: string, } } | { "type": "edit_makefile", "with": { 
/**
 * The project's name.
 */
project: string, 
/**
 * The target's name.
 */
target: string | null, } } | { "type": "open_folder", "with": { 
/**
 * The project's name.
 */
project: string, } } | { "type": "allow_command", "with": { 
/**
 * Its text as the config writes it.
 */
command: string, } } | { "type": "set_exclusive", "with": { 
/**
 * Its name.
 */
name: string, 
/**
 * Whether the project becomes exclusive.
 */
exclusive: boolean, } } | { "type": "copy_dotenv_sample", "with": { 
/**
 * The project's name.
 */
project: string, } } | { "type": "mark", "with": { 
/**
 * The hosts' names, and tags as `@tag`.
 */
on: Array<string>, 
/**
 * What becomes of their marks.
 */
change: MarkChange, } } | { "type": "marks" } | { "type": "mark_production", "with": { 
/**
 * The host's name in the SSH config.
 */
host: string, 
/**
 * Whether the host is in production.
 */
production: boolean, } } | { "type": "save_command", "with": { 
/**
 * The host; none means every host.
 */
host: string | null, 
/**
 * The shell command.
 */
command: string, } } | { "type": "forget_command", "with": { 
/**
 * The host it was saved for; none means every host.
 */
host: string | null, 
/**
 * The shell command.
 */
command: string, } };

/**
 * A project's folder on a host.
 */
export type Checkout = { 
/**
 * The host's name.
 */
host: string, 
/**
 * The job that looked there; none if none could be started.
 */
job: JobId | null, 
/**
 * Why it was not reached, if it was not.
 */
unreached?: Unreached, 
/**
 * The folder there, absolute; none if there is none.
 */
folder: string | null, 
/**
 * Where its git work tree is.
 */
commit: Commit | null, 
/**
 * Whether that is the commit here, with no file changed; not known if one of the two is in no work tree.
 */
as_here: boolean | null, 
/**
 * What was found, in words: `/srv/shop at 0123456789 (main), as here`.
 */
words: string, 
/**
 * Why the target cannot run there; none if it can.
 */
problem: string | null, };

/**
 * What was chosen.
 */
export type Choice = { 
/**
 * The hosts, each once, in the order in which they were named. A name that was written in full may be unknown.
 */
hosts: Array<string>, 
/**
 * Whether the line says "all", itself or by leaving some out of all.
 */
is_all: boolean, 
/**
 * Those of the hosts whose names the line has in full.
 */
typed: Array<string>, 
/**
 * Batches that the line names hosts by and that this installation did not start as they now are, and their owners.
 */
of_others: [string, string][], };

/**
 * A colour.
 */
export type Color = { "palette": number } | { "rgb": [number, number, number] };

/**
 * An environment in a color of a person's own choosing.
 */
export type Colored = { 
/**
 * The tag, without its `@`.
 */
tag: string, 
/**
 * Its color.
 */
color: Hue, };

/**
 * A command of the SSH config that runs here only once a person has allowed its text.
 */
export type CommandConsent = { 
/**
 * The host that it leads to.
 */
host: string, 
/**
 * Its text as the config writes it.
 */
command: string, 
/**
 * `ProxyCommand` or `Match exec`.
 */
keyword: string, 
/**
 * `file:line`.
 */
place: string, };

/**
 * Where a git work tree was when a job started in it.
 */
export type Commit = { 
/**
 * The first ten digits of its hash.
 */
hash: string, 
/**
 * The branch, if there is one.
 */
branch: string | null, 
/**
 * Files that differ from it.
 */
dirty: number, 
/**
 * Whether no file was compared with it, as in a folder that is not trusted: `dirty` is 0 then and has no meaning.
 */
not_compared?: boolean, };

/**
 * What the page can ask of comparing logs.
 */
export type CompareRequest = { "type": "compare_logs", "with": CompareWanted } | { "type": "compared_lines", "with": { 
/**
 * The job whose log is looked at.
 */
job: JobId, 
/**
 * The one it was compared with; none of new lines.
 */
with: JobId | null, 
/**
 * Runs, or parts of them.
 */
runs: Array<CompareRun>, } } | { "type": "try_masks", "with": { 
/**
 * Rules of a person's own, as the settings have them; beside ours.
 */
rules: Array<string>, 
/**
 * The line, at most 8,192 bytes.
 */
line: string, } } | { "type": "failure", "with": { 
/**
 * The job.
 */
job: JobId, } };

/**
 * Lines that follow one another and are all new, all gone, or all the same.
 */
export type CompareRun = { 
/**
 * In which of the two logs they are.
 */
side: DiffSide, 
/**
 * The number of the first of them in the other log, from 1; of added lines, that of the one it stands for, if each has
 * one. None of new lines.
 */
old: number | null, 
/**
 * The same in the job's own log; of removed lines, that of the one that stands for it.
 */
new: number | null, 
/**
 * How many there are; at least 1.
 */
count: number, };

/**
 * How logs are compared.
 */
export type CompareView = "new" | "lines";

/**
 * Which two logs are compared, and how.
 */
export type CompareWanted = { 
/**
 * The job whose log is looked at.
 */
job: JobId, 
/**
 * The one it is compared with. If none is named, the last ones before it of the same thing that ended well: five of them
 * for new lines, one for a comparison line by line.
 */
with: JobId | null, 
/**
 * How they are compared.
 */
view: CompareView, 
/**
 * What counts as a difference although it may differ from run to run.
 */
counted: Array<Mask>, };

/**
 * What of a log is different.
 */
export type Comparison = { 
/**
 * The jobs that it was compared with, newest first; none if there is none that ended well.
 */
with: Array<JobId>, 
/**
 * Its lines in order, and between them those that it has not; at most 20,000 runs of them.
 */
runs: Array<CompareRun>, 
/**
 * Whether there are more runs than are given.
 */
cut: boolean, 
/**
 * Lines of the log.
 */
lines: number, 
/**
 * Lines that it has and the others have not.
 */
added: number, 
/**
 * Lines that the other has and it has not; 0 of new lines.
 */
removed: number, 
/**
 * What may differ from run to run, and how often the log has it; also what counts as a difference.
 */
masked: Array<[Mask, number]>, 
/**
 * What else differs from the first of the others.
 */
changes: Array<JobChange>, };

/**
 * What is copied as a line for a terminal.
 */
export type Copied = { "kind": "job", 
/**
 * The job.
 */
job: JobId, } | { "kind": "start", 
/**
 * The launch.
 */
start: Start, };

/**
 * By which program the copied line runs it.
 */
export type CopiedAs = "plain" | "vmo";

/**
 * How a copy of the history ended.
 */
export type CopyEnd = { "type": "whole" } | { "type": "stopped" } | { "type": "failed", "with": { 
/**
 * Why, and what to try.
 */
why: string, } };

/**
 * Why running something asks first.
 */
export type Danger = { 
/**
 * The target whose danger it is; none if that goes without saying.
 */
of: string | null, 
/**
 * Why: the words of a comment, or as ``runs `rm -rf /srv` ``.
 */
why: string, 
/**
 * Who says so.
 */
by: DangerBy, };

/**
 * Who says that something is dangerous.
 */
export type DangerBy = "comment" | "rule" | "value";

/**
 * A line of two texts that were compared.
 */
export type DiffLine = { 
/**
 * In which of the two it is.
 */
side: DiffSide, 
/**
 * Its number in the first text, from 1; none if it is not in it.
 */
old: number | null, 
/**
 * Its number in the second text, from 1; none if it is not in it.
 */
new: number | null, 
/**
 * Its text, in parts that changed and parts that did not. Of a line that has no counterpart none changed.
 */
parts: Array<DiffPart>, };

/**
 * A part of a line.
 */
export type DiffPart = { 
/**
 * Its text; never empty.
 */
text: string, 
/**
 * Whether the other text's line has something else there.
 */
changed: boolean, };

/**
 * In which of two texts a line is.
 */
export type DiffSide = "same" | "removed" | "added";

/**
 * A dotenv file that is not there, and the file it can be copied from; both relative to the project.
 */
export type DotenvSample = { 
/**
 * What is missing: `.env`.
 */
file: string, 
/**
 * What lies in its place: `.env.sample`.
 */
sample: string, };

/**
 * An earlier job of the same thing: how it ended and how long it took.
 */
export type Earlier = { 
/**
 * Its id.
 */
id: JobId, 
/**
 * How it ended.
 */
status: Status, 
/**
 * Milliseconds from its start to its end.
 */
took_ms: number, };

/**
 * How the bytes of a log are read as characters. What is none in it becomes U+FFFD.
 */
export type Encoding = "utf8" | "latin1" | "gbk" | "shift_jis" | "utf16_le" | "utf16_be";

/**
 * What a variable of a job's environment is beside what it is in the app's own.
 */
export type EnvironmentChange = { 
/**
 * Its name.
 */
name: string, 
/**
 * What became of it.
 */
change: EnvironmentChanged, 
/**
 * By whom or why, in a word or two: `login shell`, `direnv`, `would change make`.
 */
by: string, 
/**
 * Its value in the job, if it is known to be harmless, as that of `PATH`.
 */
value: string | null, };

/**
 * What became of a variable of the environment.
 */
export type EnvironmentChanged = "added" | "changed" | "removed";

/**
 * What happened, sent to every page.
 */
export type Event = { "type": "job", "with": Job } | { "type": "batch", "with": BatchSummary } | { "type": "log_grew", "with": { 
/**
 * The job.
 */
job: JobId, 
/**
 * How large it is now.
 */
extent: Extent, 
/**
 * The last lines, as many as were asked for.
 */
tail: Array<Line>, } } | { "type": "found", "with": { 
/**
 * The find.
 */
find: number, 
/**
 * Hits so far; the places of the first 1,000,000 are kept.
 */
hits: number, 
/**
 * Lines looked at so far.
 */
lines: number, 
/**
 * Whether all that there is of the log has been looked at.
 */
caught_up: boolean, 
/**
 * Whether no more of the log will come.
 */
complete: boolean, 
/**
 * Why it stopped early.
 */
why: string | null, } } | { "type": "search_found", "with": { 
/**
 * The search.
 */
search: number, 
/**
 * The job, as it was when its log was looked through.
 */
job: Job, 
/**
 * Lines with hits and those around them, after those that came before; of a job with more lines than are shown, none
 * at last.
 */
lines: Array<Line>, 
/**
 * The hits in them; one that is only in the part of a line that is not shown is after its text.
 */
hits: Array<Hit>, 
/**
 * Lines of the job that hold a hit, so far.
 */
count: number, } } | { "type": "search_came", "with": { 
/**
 * The search.
 */
search: number, 
/**
 * How far it has come.
 */
progress: SearchProgress, } } | { "type": "subscription_ended", "with": { 
/**
 * Its number.
 */
subscription: number, 
/**
 * Why, if it is not that the log is complete.
 */
why: string | null, } } | { "type": "projects", "with": { 
/**
 * All of them.
 */
projects: Array<Project>, 
/**
 * What could not be read.
 */
problems: Array<string>, } } | { "type": "targets_changed", "with": { 
/**
 * The project's name.
 */
project: string, } } | { "type": "hosts", "with": { 
/**
 * All of them.
 */
hosts: Array<Host>, 
/**
 * What could not be read.
 */
problems: Array<string>, } } | { "type": "reached", "with": Reach } | { "type": "settings", "with": Settings } | { "type": "problems", "with": { 
/**
 * All of it.
 */
problems: Array<string>, } } | { "type": "noted", "with": { 
/**
 * The job.
 */
job: JobId, 
/**
 * The note.
 */
note: Note, } } | { "type": "asked", "with": Prompt } | { "type": "answered", "with": { 
/**
 * The prompt's id.
 */
prompt: string, } } | { "type": "store", "with": StoreState } | { "type": "seen_database", "with": { 
/**
 * The unused database; none once there is no question about it.
 */
seen: SeenDatabase | null, } } | { "type": "history_copy", "with": HistoryCopy } | { "type": "removed" } | { "type": "missed" };

/**
 * How large a log is just now.
 */
export type Extent = { 
/**
 * Lines, open ones included.
 */
lines: number, 
/**
 * Bytes.
 */
bytes: number, 
/**
 * Whether what runs has the whole screen of its terminal just now, or without one draws as if it had: it takes the screen,
 * or goes back to lines above; not known of a job that is over.
 */
full_screen?: boolean, 
/**
 * Whether no more will come.
 */
complete: boolean, 
/**
 * Bytes that the history has had and has no more: rows of it are gone.
 */
missing?: number, };

/**
 * Why a request could not be answered.
 */
export type Failure = { 
/**
 * For the page to branch on.
 */
code: FailureCode, 
/**
 * For a person: what happened, where, what to try.
 */
message: string, 
/**
 * With [`FailureCode::NeedsConsent`]: what is to be allowed.
 */
consent?: CommandConsent, };

/**
 * Kinds of failure that a page distinguishes.
 */
export type FailureCode = "not_found" | "refused" | "untrusted" | "foreign" | "needs_consent" | "store_away" | "failed";

/**
 * Whether a failure is new.
 */
export type FailureKind = "new" | "recurring" | "back";

/**
 * A line that reports an error.
 */
export type Fault = { 
/**
 * Its number, from 1.
 */
line: number, 
/**
 * The place in a file that it or a line soon after it names.
 */
spot: Spot | null, };

/**
 * What a launch form was filled in with.
 */
export type Filled = { 
/**
 * Values by name; a secret one has none.
 */
variables: Array<[string, string | null]>, 
/**
 * What stands for the `%` of a target that is a pattern.
 */
stem: string | null, 
/**
 * More targets, or words a target takes, after it.
 */
words: Array<string>, 
/**
 * How make is asked.
 */
options: MakeOptions, 
/**
 * Whether it gets a terminal.
 */
pty: boolean, };

/**
 * What the page can ask of looking in a log.
 */
export type FindRequest = { "type": "find", "with": { 
/**
 * The job.
 */
job: JobId, 
/**
 * The find's number, chosen by the page.
 */
find: number, 
/**
 * What is looked for.
 */
query: Query, 
/**
 * What its bytes are read in.
 */
encoding?: Encoding, } } | { "type": "end_find", "with": { 
/**
 * The find's number.
 */
find: number, } } | { "type": "hit", "with": { 
/**
 * The find.
 */
find: number, 
/**
 * The place's line, 0 for before all.
 */
line: number, 
/**
 * The place's column, in UTF-16 units.
 */
start: number, 
/**
 * Whether the hit before is wanted.
 */
back: boolean, 
/**
 * As in [`FindRequest::HitLines`]: its place among those lines is sent with it.
 */
around: number, } } | { "type": "hits", "with": { 
/**
 * The find.
 */
find: number, 
/**
 * The first line, from 1.
 */
first: number, 
/**
 * How many lines, at most 1000.
 */
count: number, } } | { "type": "hit_lines", "with": { 
/**
 * The find.
 */
find: number, 
/**
 * How many lines before and after each hit belong to it.
 */
around: number, 
/**
 * How many of them are left out at the start.
 */
skip: number, 
/**
 * How many are wanted, at most 1000.
 */
count: number, } } | { "type": "hit_marks", "with": { 
/**
 * The find.
 */
find: number, } };

/**
 * Something that was looked at.
 */
export type Finding = { 
/**
 * What, in a word or two.
 */
what: string, 
/**
 * Whether it is as it should be.
 */
ok: boolean, 
/**
 * Whether nothing is broken if it is not.
 */
optional: boolean, 
/**
 * What was found, or what to do.
 */
found: string, };

/**
 * How the app is.
 */
export type Health = { 
/**
 * What `vmo doctor` found, in its order.
 */
findings: Array<Finding>, 
/**
 * The last lines that the app traced, oldest first; none if all went well.
 */
traces: Array<string>, 
/**
 * The folder with jobs and our own Postgres.
 */
data: string, 
/**
 * The folder with the settings.
 */
config: string, 
/**
 * The path of `vmo`.
 */
program: string, };

/**
 * How a copy of the history into another database goes, or went.
 */
export type HistoryCopy = { 
/**
 * The other database, `user@host:port/name`.
 */
to: string, 
/**
 * Jobs that have been looked at.
 */
jobs: number, 
/**
 * Jobs that there are.
 */
of_jobs: number, 
/**
 * Jobs that are there now and were not before.
 */
copied: number, 
/**
 * Bytes of their logs, and of those on their way.
 */
bytes: number, 
/**
 * Bytes of log that there are here.
 */
of_bytes: number, 
/**
 * Jobs that were there already.
 */
known: number, 
/**
 * Jobs that are not over, and were left out.
 */
unended: number, 
/**
 * Jobs that could not be copied, and why: the first 100.
 */
failed: Array<[JobId, string]>, 
/**
 * How many there are of these.
 */
failures: number, 
/**
 * How it ended; none while it goes on.
 */
end: CopyEnd | null, };

/**
 * Where something was found.
 */
export type Hit = { 
/**
 * The line's number, from 1.
 */
line: number, 
/**
 * Where it begins in the line's text as shown, in UTF-16 units from 0.
 */
start: number, 
/**
 * Where it ends; more than `start`.
 */
end: number, };

/**
 * Which parts of a log have hits, for a ruler beside it.
 */
export type HitMarks = { 
/**
 * Lines in each part.
 */
every: number, 
/**
 * The parts with hits, from 0, at most 1000.
 */
parts: Array<number>, };

/**
 * A machine of the user's SSH config, or of an inventory.
 */
export type Host = { 
/**
 * Its name in the SSH config, or in the first source that names it.
 */
name: string, 
/**
 * The address it stands for.
 */
hostname: string, 
/**
 * The login name.
 */
user: string, 
/**
 * The port.
 */
port: number, 
/**
 * Where the first source names it: `~/.ssh/config:12`.
 */
place: string, 
/**
 * What it is reached through, as the config writes it: hosts, or a command. None for a direct connection.
 */
through?: string, 
/**
 * The name that its key goes by, if it is not that of its address.
 */
key_alias?: string, 
/**
 * Other names of it, in other sources.
 */
also: Array<string>, 
/**
 * Every source that names it, the first one in force.
 */
sources: Array<Source>, 
/**
 * What its sources say differently, in sentences.
 */
conflicts: Array<string>, 
/**
 * Its tags: of its sources, and a person's own.
 */
tags: Array<string>, 
/**
 * Since when no source names it any more; none if one does.
 */
vanished: string | null, 
/**
 * Whether it is switched on, if a source says so.
 */
powered?: Powered, 
/**
 * What is asked before something runs there, by its mark or those of its tags.
 */
care: Care, 
/**
 * What says so: its own name, or `@tag`; none if it has no mark.
 */
marked_by?: string, 
/**
 * Whether it is in production: [`Care::Name`].
 */
production: boolean, 
/**
 * The tag of its environment to which a person gave a color.
 */
colored?: Colored, 
/**
 * Its saved commands, in order.
 */
commands: Array<string>, 
/**
 * Why it cannot be connected to, if the config asks for something we do not do.
 */
problem: string | null, };

/**
 * What the page can ask of hosts.
 */
export type HostRequest = { "type": "choose_hosts", "with": { 
/**
 * The line: `web[01-37],@db`.
 */
line: string, } } | { "type": "probe_hosts", "with": { 
/**
 * Their names, at most 10,000.
 */
hosts: Array<string>, } } | { "type": "probe_address", "with": { 
/**
 * The address or name.
 */
address: string, 
/**
 * The port.
 */
port: number, } } | { "type": "try_host", "with": { 
/**
 * The host.
 */
host: NewHost, } } | { "type": "add_host", "with": { 
/**
 * The host.
 */
host: NewHost, 
/**
 * Its tags.
 */
tags?: Array<string>, 
/**
 * Whether it is in production.
 */
production?: boolean, } } | { "type": "edit_host", "with": { 
/**
 * The host, by its name.
 */
host: NewHost, } } | { "type": "remove_host", "with": { 
/**
 * Its name.
 */
name: string, } } | { "type": "import_hosts", "with": { 
/**
 * Its path, absolute.
 */
path: string, } } | { "type": "import_hosts_of_command", "with": { 
/**
 * The command, which the person has seen and allows.
 */
command: string, } } | { "type": "inclusion" } | { "type": "include_own_hosts" } | { "type": "sets" } | { "type": "save_set", "with": { 
/**
 * Its name.
 */
name: string, 
/**
 * The line; none takes the set away.
 */
line: string | null, } } | { "type": "tag_hosts", "with": { 
/**
 * The hosts' names.
 */
hosts: Array<string>, 
/**
 * The tags.
 */
tags: Array<string>, 
/**
 * Whether they are given.
 */
given: boolean, } };

/**
 * How one host of a batch is.
 */
export type HostState = "queued" | "running" | "done" | "error" | "unreachable" | "canceled" | "held" | "skipped";

/**
 * The color of an environment.
 */
export type Hue = "red" | "amber" | "green" | "blue" | "violet" | "grey";

/**
 * A part of a line with an address behind it, which the job gave to these words (OSC 8).
 */
export type Hyperlink = { 
/**
 * Where it begins in the line's text, in UTF-16 units.
 */
start: number, 
/**
 * Where it ends.
 */
end: number, 
/**
 * The address: `http`, `https` or `file`, of visible ASCII, and at most 2,048 bytes long.
 */
url: string, };

/**
 * What a new source has brought.
 */
export type ImportedHosts = { 
/**
 * Hosts that were not listed before.
 */
new: number, 
/**
 * What of the source could not be read, each with its place: it may have more hosts than were found. And which groups
 * are called otherwise here.
 */
problems: Array<string>, };

/**
 * A host, and the project's folder there.
 */
export type InFolder = { 
/**
 * The host's name.
 */
host: string, 
/**
 * The folder, absolute; none means the one in which the project was last found there.
 */
folder: string | null, 
/**
 * Why it was not reached, if it was not: nothing is started there then, and it is so in the batch.
 */
unreached?: Unreached, };

/**
 * Whether `ssh` knows a person's own hosts, and by which line it would.
 */
export type Inclusion = { 
/**
 * The SSH config.
 */
file: string, 
/**
 * The line at its top.
 */
line: string, 
/**
 * Whether it is there.
 */
is_there: boolean, };

/**
 * A job as the page and `--json` show it.
 */
export type Job = { 
/**
 * Its id.
 */
id: JobId, 
/**
 * Whether its command runs here or on a host.
 */
type: JobType, 
/**
 * The project's name, of a target.
 */
project: string | null, 
/**
 * The targets, separated by spaces.
 */
target: string | null, 
/**
 * The targets, one by one; none of a command.
 */
targets: Array<string>, 
/**
 * The host; none means this machine.
 */
host: string | null, 
/**
 * Whether its command runs as root on its host, by `sudo`.
 */
sudo: boolean, 
/**
 * The command line as a person would type it.
 */
command: string, 
/**
 * Where it is.
 */
status: Status, 
/**
 * Its exit code, if it exited.
 */
exit_code: number | null, 
/**
 * The signal that ended it, without `SIG`.
 */
signal: string | null, 
/**
 * How it ended, in words; none while it has not or has ended well.
 */
reason: string | null, 
/**
 * The place in a file that `reason` names as the cause, and the words around it.
 */
named_spot: NamedSpot | null, 
/**
 * What a queued one waits for, in words, if that is not a matter of an instant.
 */
waits: string | null, 
/**
 * The same, to be told apart.
 */
waits_for: Waits | null, 
/**
 * Processes of it that were still there when it was over, as `sleep 1000 (pid 123)`.
 */
survivors: Array<string>, 
/**
 * What else is to be known of how it ran on a host, each in words.
 */
notes: Array<string>, 
/**
 * Why its host was not reached or did not let us in, as a word: `dns`, `refused`, `timeout`, `host_key_unknown`,
 * `host_key_changed`, `auth_failed`, `route_unsupported`, `needs_consent`, `gssapi`, `pkcs11`, `known_hosts_command`,
 * `host_certificate`, `algorithms`, `server_too_old`, `link_lost`.
 */
unreachable: string | null, 
/**
 * When it was asked for.
 */
queued_at: string, 
/**
 * When it started.
 */
started_at: string | null, 
/**
 * When it was over.
 */
finished_at: string | null, 
/**
 * Lines in its log.
 */
lines: number, 
/**
 * Bytes in its log.
 */
bytes: number, 
/**
 * Its batch.
 */
batch: string | null, 
/**
 * The exact program and arguments, of a local job.
 */
argv: Array<string>, 
/**
 * The variables given to make; a secret one has no value here.
 */
variables: Array<[string, string | null]>, 
/**
 * How make was asked, of targets.
 */
options: MakeOptions, 
/**
 * The working directory of a local job.
 */
cwd: string | null, 
/**
 * How the environment of a local job differs from the app's own, by name.
 */
environment: Array<EnvironmentChange>, 
/**
 * Whether it runs in a terminal.
 */
pty: boolean, 
/**
 * Where its git work tree was.
 */
commit: Commit | null, 
/**
 * Who owns it: `user@machine`.
 */
owner: string, 
/**
 * Whether its owner has not been heard from for half a minute, so that it may have changed by now.
 */
is_silent: boolean, 
/**
 * Why what it writes is not read just now, so that it waits; none while it is read.
 */
paused: string | null, 
/**
 * What it waits for a person to type, by its last line and who reads; none while it does something else.
 */
prompt: 'text' | 'secret' | null, 
/**
 * The last signal that it was sent to end it; none before, and when it is over.
 */
last_signal: LastSignal | null, 
/**
 * Why its log does not get into the history, though it is tried again and again; none while all goes well.
 */
unarchived: string | null, 
/**
 * Stands for all that decides what it runs: run again takes it back, so that what a person saw is what runs.
 */
seal: string, };

/**
 * Something that is not the same of two jobs.
 */
export type JobChange = { 
/**
 * What it is, as `commit`, `variable ENV`.
 */
what: string, 
/**
 * What it was of the other job; none if that has none.
 */
old: string | null, 
/**
 * What it is of this job; none if it has none.
 */
new: string | null, };

/**
 * What failed a job, and whether it has failed one before.
 */
export type JobFailure = { 
/**
 * The line of its log that says what failed.
 */
line: number, 
/**
 * Its text, as it is shown.
 */
text: string, 
/**
 * Whether it is new.
 */
kind: FailureKind, 
/**
 * Earlier runs that failed so, newest first; at most 20 failed ones are looked at.
 */
seen: Array<SeenFailure>, 
/**
 * After how many of them the next run ended well.
 */
healed: number, };

/**
 * A job's id: a version 7 UUID, so ids sort by when they were made.
 */
export type JobId = string;

/**
 * Which jobs are asked for; every field that is given narrows it.
 */
export type JobQuery = { 
/**
 * Of this status.
 */
status: Status | null, 
/**
 * Of one of these statuses; none are named for any.
 */
statuses: Array<Status>, 
/**
 * Of this project.
 */
project: string | null, 
/**
 * Of this target, or of these targets separated by spaces.
 */
target: string | null, 
/**
 * On this host.
 */
host: string | null, 
/**
 * On one of these hosts; none are named for any, and for this machine.
 */
hosts: Array<string>, 
/**
 * Of this batch.
 */
batch: string | null, 
/**
 * Whose command holds this text, in upper or lower case.
 */
text: string | null, 
/**
 * Of this owner, `user@machine`.
 */
owner: string | null, 
/**
 * Asked for at this time or later.
 */
since: string | null, 
/**
 * Asked for before this time.
 */
until: string | null, 
/**
 * Pinned by somebody; false means any.
 */
pinned: boolean, 
/**
 * Listed after this one, which need not be there itself: to go on after the last of a page.
 */
before: JobId | null, 
/**
 * At most this many, 1 to 500; 50 if it is 0.
 */
limit: number, };

/**
 * What the page can ask of jobs.
 */
export type JobRequest = { "type": "jobs", "with": JobQuery } | { "type": "job", "with": { 
/**
 * Its id.
 */
job: JobId, } } | { "type": "earlier", "with": { 
/**
 * The job.
 */
job: JobId, } } | { "type": "earlier_of_each", "with": { 
/**
 * At most 500.
 */
jobs: Array<JobId>, } } | { "type": "silence", "with": { 
/**
 * The job.
 */
job: JobId, } } | { "type": "notes", "with": { 
/**
 * At most 500.
 */
jobs: Array<JobId>, } } | { "type": "set_note", "with": { 
/**
 * The job.
 */
job: JobId, 
/**
 * Whether it is pinned.
 */
pinned: boolean, 
/**
 * The text, at most 8,000 bytes; empty for none.
 */
text: string, } } | { "type": "delete_jobs", "with": { 
/**
 * At most 500.
 */
jobs: Array<JobId>, } } | { "type": "export_jobs", "with": { 
/**
 * At most 500.
 */
jobs: Array<JobId>, } } | { "type": "cancel", "with": { 
/**
 * The job.
 */
job: JobId, 
/**
 * KILL at once.
 */
force: boolean, } } | { "type": "input", "with": { 
/**
 * The job.
 */
job: JobId, 
/**
 * What was typed, as UTF-8; control characters included.
 */
text: string, 
/**
 * Whether its input ends after that.
 */
end: boolean, } } | { "type": "resize", "with": { 
/**
 * The job.
 */
job: JobId, 
/**
 * Height in characters.
 */
rows: number, 
/**
 * Width in characters.
 */
cols: number, } } | { "type": "answer", "with": { 
/**
 * The prompt.
 */
prompt: string, 
/**
 * The answer.
 */
answer: Answer, } };

/**
 * Where a job's command runs.
 */
export type JobType = "local" | "ssh";

/**
 * What of a history is kept: a job that is over goes if any of these says so. Pinned and noted jobs stay.
 */
export type Keep = { 
/**
 * Jobs of the last so many days.
 */
days: number | null, 
/**
 * So many of the newest jobs.
 */
jobs: number | null, 
/**
 * The newest jobs with so many mebibytes of log.
 */
mebibytes: number | null, };

/**
 * How much there is.
 */
export type Kept = { 
/**
 * Jobs of everybody who shares it.
 */
jobs: number, 
/**
 * Bytes of their logs, as they were written.
 */
bytes: number, 
/**
 * Bytes on the server's disk, of jobs and logs.
 */
on_disk: number, 
/**
 * When the oldest was asked for.
 */
oldest: string | null, };

/**
 * A signal on the way to a job's end, and what comes after it.
 */
export type LastSignal = { 
/**
 * Its name without `SIG`.
 */
signal: string, 
/**
 * The next one, if some of the job are then left; none after the last.
 */
next: NextSignal | null, 
/**
 * Whether a person asked for the end; otherwise the job's time was over.
 */
requested: boolean, };

/**
 * What the page can ask of what is to be started.
 */
export type LaunchRequest = { "type": "preview", "with": Start } | { "type": "look_on_hosts", "with": Sought } | { "type": "copy", "with": { 
/**
 * The job or launch.
 */
what: Copied, 
/**
 * By which program.
 */
by: CopiedAs, } } | { "type": "start", "with": Start } | { "type": "run_again", "with": { 
/**
 * The job to repeat.
 */
job: JobId, 
/**
 * Its seal, as the person saw the job: another one is refused.
 */
seen: string, 
/**
 * As [`Start::Command`]'s; and the owner, of a job that this installation did not start as it now is, once a
 * person has seen what it runs.
 */
confirmed?: Array<string>, } } | { "type": "presets", "with": { 
/**
 * The project's name.
 */
project: string, 
/**
 * The target.
 */
target: string, } } | { "type": "save_preset", "with": { 
/**
 * The project's name.
 */
project: string, 
/**
 * The target.
 */
target: string, 
/**
 * The preset.
 */
preset: Preset, } } | { "type": "forget_preset", "with": { 
/**
 * The project's name.
 */
project: string, 
/**
 * The target.
 */
target: string, 
/**
 * The preset's name.
 */
name: string, } };

/**
 * A line of a log, ready to be shown: one stream's bytes up to its newline.
 */
export type Line = { 
/**
 * Its number, from 1: lines are numbered by their first byte.
 */
number: number, 
/**
 * Its stream.
 */
stream: Stream, 
/**
 * When its first byte was read: microseconds since 1970.
 */
at: number, 
/**
 * Its text, in runs of one style; escape sequences are gone.
 */
spans: Array<Span>, 
/**
 * Its length in bytes as written, with escapes, without the newline.
 */
bytes: number, 
/**
 * Whether `spans` hold only the start of it.
 */
cut: boolean, 
/**
 * Whether its newline has not come yet.
 */
open: boolean, 
/**
 * Its tabs, in order.
 */
tabs?: Array<[number, number]>, 
/**
 * Its links, in order and apart.
 */
links?: Array<Hyperlink>, };

/**
 * What the page can ask of a log.
 */
export type LogRequest = { "type": "lines", "with": { 
/**
 * The job.
 */
job: JobId, 
/**
 * The first line wanted, from 1.
 */
first: number, 
/**
 * How many, at most 1000.
 */
count: number, 
/**
 * What its bytes are read in.
 */
encoding?: Encoding, } } | { "type": "whole_line", "with": { 
/**
 * The job.
 */
job: JobId, 
/**
 * Its number, from 1.
 */
number: number, 
/**
 * What its bytes are read in.
 */
encoding?: Encoding, } } | { "type": "outline", "with": { 
/**
 * The job.
 */
job: JobId, } } | { "type": "save_log", "with": { 
/**
 * The job.
 */
job: JobId, 
/**
 * The format.
 */
form: SaveAs, 
/**
 * What its text is read in; its bytes are saved as they are.
 */
encoding?: Encoding, } } | { "type": "edit", "with": { 
/**
 * The job.
 */
job: JobId, 
/**
 * The line's number.
 */
line: number, 
/**
 * The address behind words of the line, a `file` on this machine; without it the place is the one that the line names.
 */
url?: string, } } | { "type": "browse", "with": { 
/**
 * The job.
 */
job: JobId, 
/**
 * The line's number.
 */
line: number, 
/**
 * The address.
 */
url: string, } } | { "type": "follow", "with": { 
/**
 * The job.
 */
job: JobId, 
/**
 * How many of the last lines each event brings along, 0 to 500.
 */
tail: number, 
/**
 * What those are read in.
 */
encoding?: Encoding, } } | { "type": "unfollow", "with": { 
/**
 * The job.
 */
job: JobId, } } | { "type": "subscribe", "with": { 
/**
 * The job.
 */
job: JobId, 
/**
 * The first chunk wanted: one more than the last one seen, 0 for all.
 */
seq: number, 
/**
 * About how many bytes are wanted of what is there already, at most; what is before them is left out.
 */
tail?: number, } } | { "type": "unsubscribe", "with": { 
/**
 * Its number.
 */
subscription: number, } };

/**
 * What make is asked for beside targets and variables.
 */
export type MakeOptions = { 
/**
 * How many recipes at once (`-j N`); 0 means without a limit (`-j`), none means as make does by itself.
 */
jobs: number | null, 
/**
 * Go on after a failure with what does not depend on it (`-k`).
 */
keep_going: boolean, 
/**
 * Make everything anew (`-B`).
 */
always_make: boolean, 
/**
 * Say what would be done (`-n`). Lines with a `+` or with `$(MAKE)` run all the same.
 */
dry_run: boolean, 
/**
 * The names of variables in whose values a `$` is make's own; in all others a `$` is a `$`.
 */
raw: Array<string>, 
/**
 * Whether a person confirmed that variables which change make itself, as `SHELL`, are to be set.
 */
reserved: boolean, 
/**
 * How long it may run, in milliseconds, whatever its makefile says; then it is ended.
 */
timeout?: number | null, };

/**
 * What becomes of marks; none takes that part of them away.
 */
export type MarkChange = { "care": Care | null } | { "color": Hue | null };

/**
 * The mark of a host or a tag.
 */
export type MarkOf = { 
/**
 * The host's name, or `@tag`.
 */
on: string, 
/**
 * What is asked before something runs there.
 */
care: Care | null, 
/**
 * The color of a tag.
 */
color: Hue | null, };

/**
 * A kind of token that is left out of a line.
 */
export type Mask = "email" | "url" | "host_name" | "ip" | "uuid" | "trace_id" | "sha1" | "md5" | "git_sha" | "date" | "time" | "duration" | "hex" | "float" | "integer" | "quoted" | "temp_path" | "pid" | "percentage" | "own";

/**
 * A part of a line, as it is compared.
 */
export type MaskedPart = { 
/**
 * Its text; never empty.
 */
text: string, 
/**
 * What it is left out as; none if it counts.
 */
mask: Mask | null, };

/**
 * A message to the page.
 */
export type Message = { "reply": { 
/**
 * The call's id.
 */
id: number, 
/**
 * The reply.
 */
reply: Reply, } } | { "failed": { 
/**
 * The call's id.
 */
id: number, 
/**
 * Why.
 */
failure: Failure, } } | { "event": Event };

/**
 * The place in a file that a job's reason names, and the words of the reason around it.
 */
export type NamedSpot = { 
/**
 * The words before it.
 */
before: string, 
/**
 * The place, which the reason has as `file:line`.
 */
spot: Spot, 
/**
 * The words after it.
 */
after: string, };

/**
 * Whether a person is to give a variable a value.
 */
export type Need = "met" | "unset" | "guarded";

/**
 * What is known of a host. In a change, none leaves it, and an empty text takes it away.
 */
export type NewHost = { 
/**
 * Its name.
 */
name: string, 
/**
 * Where it is.
 */
address: string | null, 
/**
 * The login name.
 */
user: string | null, 
/**
 * The port.
 */
port: string | null, 
/**
 * The file of its key.
 */
key: string | null, 
/**
 * The hosts it is reached through.
 */
jump: string | null, };

/**
 * A signal that is still to come.
 */
export type NextSignal = { 
/**
 * Its name without `SIG`.
 */
signal: string, 
/**
 * When.
 */
at: string, };

/**
 * What people say of a job when it is over, or before. It has no owner: who writes last is right.
 */
export type Note = { 
/**
 * Whether it is to be kept whatever else goes, and found among the pinned ones.
 */
pinned: boolean, 
/**
 * At most [`Note::LONGEST`] bytes; empty means none.
 */
text: string, 
/**
 * Who wrote it last: `user@machine`.
 */
by: string, 
/**
 * When, by the server's clock.
 */
at: string, };

/**
 * Of which jobs the desktop is told when they end while the window is out of sight.
 */
export type Notify = "long" | "failures" | "none";

/**
 * What would go, or has gone.
 */
export type Outdated = { 
/**
 * How many jobs.
 */
jobs: number, 
/**
 * Bytes of their logs, as they were written.
 */
bytes: number, 
/**
 * When the oldest was asked for, and the newest.
 */
span: [string, string] | null, 
/**
 * Jobs that would go, but are pinned or have a note.
 */
stay: number, };

/**
 * What stands out in a log.
 */
export type Outline = { 
/**
 * Lines that report an error, in order.
 */
errors: Array<Fault>, 
/**
 * What makes in other folders and lines of recipes wrote, by their first lines; one lies within another or apart from
 * it.
 */
sections: Array<Section>, 
/**
 * How many lines were looked at.
 */
lines: number, 
/**
 * Whether there is more than the first 10,000 errors or sections.
 */
cut: boolean, };

/**
 * Everything the frame shows.
 */
export type Overview = { 
/**
 * The projects.
 */
projects: Array<Project>, 
/**
 * What could not be read of mkcli's registry or our own list, with its place.
 */
project_problems: Array<string>, 
/**
 * The hosts.
 */
hosts: Array<Host>, 
/**
 * What could not be read of the SSH config, with its place.
 */
host_problems: Array<string>, 
/**
 * What is known of whether hosts answer, of those that were asked.
 */
reached: Array<Reach>, 
/**
 * What else a person should see to: settings that cannot be read, with their place, jobs that wait for another store.
 */
problems: Array<string>, 
/**
 * Jobs that are not over, newest first.
 */
active: Array<Job>, 
/**
 * Questions that wait for an answer.
 */
prompts: Array<Prompt>, 
/**
 * Where logs are kept.
 */
store: StoreState, 
/**
 * A database that was seen and keeps no history, to be asked about.
 */
seen_database: SeenDatabase | null, 
/**
 * The app's version.
 */
version: string, 
/**
 * The home folder, so that paths can be shown as `~/…`.
 */
home: string, 
/**
 * Who starts jobs here: `user@machine`.
 */
owner: string, };

/**
 * A line of a file.
 */
export type Place = { 
/**
 * The file, relative to the project if it lies inside it.
 */
file: string, 
/**
 * Its line, from 1.
 */
line: number, };

/**
 * Whether a machine is switched on, as one of its sources says: true when that was written.
 */
export type Powered = { 
/**
 * Whether it is.
 */
is_on: boolean, 
/**
 * The source that says so: `infra/terraform.tfstate`.
 */
by: string, };

/**
 * What was kept under a name.
 */
export type Preset = { 
/**
 * Its name: 1 to 60 characters, no control characters.
 */
name: string, 
/**
 * What the form was filled in with.
 */
filled: Filled, };

/**
 * What is known of earlier launches of a target.
 */
export type Presets = { 
/**
 * What it was last started with; none if it never was.
 */
last: Filled | null, 
/**
 * What was kept under names, in their order.
 */
named: Array<Preset>, };

/**
 * What a launch would run.
 */
export type Preview = { 
/**
 * The line a person would type, without secrets.
 */
line: string, 
/**
 * The exact program and arguments, without secrets; empty for a command on a host.
 */
argv: Array<string>, 
/**
 * The folder it would run in; none for a command on a host.
 */
cwd: string | null, 
/**
 * The recipe of the targets named, with the values known so far in it: as far as can be seen without running
 * anything.
 */
recipe: Array<string>, 
/**
 * Why it asks before it runs; none if it does not.
 */
dangers: Array<Danger>, 
/**
 * Of the hosts, those marked as production: if something is dangerous, their names are to be typed.
 */
production: Array<string>, 
/**
 * Of the hosts, those on which anything asks before it runs; those in production are among them.
 */
asking: Array<string>, 
/**
 * A hash of the hosts and of where they are, which the start is given back in its rules; none here.
 */
places?: string, 
/**
 * What else is worth knowing, in sentences: an `override` in the makefile that goes before a value given here.
 */
notes: Array<string>, 
/**
 * The rule that forbids it, if one does.
 */
refusal: string | null, };

/**
 * Something wrong at a place in a file.
 */
export type Problem = { 
/**
 * The place.
 */
place: Place, 
/**
 * A sentence fragment.
 */
what: string, };

/**
 * A folder with a makefile.
 */
export type Project = { 
/**
 * Its mkcli alias, or the folder's own name; unique among projects.
 */
name: string, 
/**
 * The folder, absolute.
 */
path: string, 
/**
 * Where we know it from.
 */
source: ProjectSource, 
/**
 * Whether its targets may be run from the window.
 */
trusted: boolean, 
/**
 * Whether it was trusted, and its makefiles have changed since; told if the settings want to be asked again then.
 */
changed: boolean, 
/**
 * Whether at most one job of it runs at once.
 */
exclusive: boolean, 
/**
 * What is wrong with it, in a sentence: the folder is gone, there is no makefile, it cannot be read.
 */
problem: string | null, };

/**
 * Where a project is known from.
 */
export type ProjectSource = "mkcli" | "added" | "demo";

/**
 * A question of a job that waits for a person.
 */
export type Prompt = { 
/**
 * Its id.
 */
id: string, 
/**
 * The job that waits.
 */
job: JobId, 
/**
 * The host.
 */
host: string, 
/**
 * The question.
 */
question: Question, };

/**
 * What is looked for.
 */
export type Query = { 
/**
 * The text, or the regular expression: 1 to 1000 bytes.
 */
text: string, 
/**
 * Whether upper and lower case are distinguished.
 */
case: boolean, 
/**
 * Whether no letter, digit or underscore may be right before or after it.
 */
word: boolean, 
/**
 * Whether `text` is a regular expression, in the syntax of Rust's `regex` crate.
 */
regex: boolean, };

/**
 * What is asked.
 */
export type Question = { "kind": "host_key", 
/**
 * `SHA256:…`.
 */
fingerprint: string, 
/**
 * As `ssh-ed25519`.
 */
key_type: string, 
/**
 * The address it was shown by.
 */
address: string, } | { "kind": "secret", 
/**
 * The words to ask with.
 */
label: string, 
/**
 * Whether what is typed may be seen.
 */
echo: boolean, } | { "kind": "sudo", 
/**
 * Whose: the name by which we are logged in there; empty if the user's own `ssh` knows it.
 */
user: string, 
/**
 * On how many other hosts of the batch the same password may be needed: they get it once it is right here.
 */
others: number, } | { "kind": "touch", 
/**
 * The name of the key.
 */
key: string, };

/**
 * Whether a host answers, as it was when it was last asked: a connection and the server's first line, without a login.
 */
export type Reach = { 
/**
 * The host's name.
 */
host: string, 
/**
 * Whether it answers.
 */
state: ReachState, 
/**
 * When it was asked.
 */
at: string, 
/**
 * How long the connection took, in microseconds; none if there was none.
 */
round_trip_us: number | null, 
/**
 * How its server names itself: `SSH-2.0-OpenSSH_9.2p1`.
 */
server: string | null, 
/**
 * Why it is not up, or not known to be, in words.
 */
why: string | null, };

/**
 * Whether a host answers.
 */
export type ReachState = "up" | "down" | "unreachable" | "unknown";

/**
 * Answers to requests.
 */
export type Reply = { "type": "ok" } | { "type": "overview", "with": Overview } | { "type": "project", "with": Project } | { "type": "scan", "with": Scan } | { "type": "preview", "with": Preview } | { "type": "line", "with": { 
/**
 * The line; several if it is for several hosts.
 */
line: string, } } | { "type": "checkouts", "with": { 
/**
 * In the order of the hosts asked for.
 */
checkouts: Array<Checkout>, } } | { "type": "presets", "with": Presets } | { "type": "started", "with": { 
/**
 * At least one.
 */
jobs: Array<Job>, } } | { "type": "jobs", "with": { 
/**
 * Newest first.
 */
jobs: Array<Job>, 
/**
 * Whether there are older ones.
 */
more: boolean, 
/**
 * Why the list may be short: Postgres cannot be asked just now.
 */
incomplete: string | null, } } | { "type": "job", "with": Job } | { "type": "batches", "with": { 
/**
 * Newest first.
 */
batches: Array<BatchSummary>, } } | { "type": "batch", "with": Batch } | { "type": "answers", "with": BatchAnswers } | { "type": "merged", "with": BatchMerged } | { "type": "difference", "with": BatchDifference } | { "type": "last_time", "with": { 
/**
 * None if the same command has not run on them before.
 */
last_time: BatchLastTime | null, } } | { "type": "earlier", "with": { 
/**
 * At most 12.
 */
jobs: Array<Earlier>, } } | { "type": "earlier_of_each", "with": { 
/**
 * At most 12 of each; a job without one is left out.
 */
runs: Array<[JobId, Array<Earlier>]>, } } | { "type": "silence", "with": Silence } | { "type": "deleted", "with": { 
/**
 * Those that are gone.
 */
gone: Array<JobId>, 
/**
 * How many of those that were named stay.
 */
stay: number, } } | { "type": "notes", "with": { 
/**
 * The jobs with a note.
 */
notes: Array<[JobId, Note]>, } } | { "type": "chosen", "with": { 
/**
 * The hosts, and how the line means them.
 */
choice: Choice, 
/**
 * Their names, folded: `web[01-37]`.
 */
folded: string, } } | { "type": "inclusion", "with": Inclusion } | { "type": "sets", "with": Array<SavedSet> } | { "type": "marks", "with": Array<MarkOf> } | { "type": "reached", "with": Reach } | { "type": "extent", "with": Extent } | { "type": "lines", "with": { 
/**
 * The lines, consecutive.
 */
lines: Array<Line>, } } | { "type": "outline", "with": Outline } | { "type": "edited", "with": { 
/**
 * The command line of an editor that needs a terminal: the page runs it in one.
 */
terminal: string | null, } } | { "type": "saved", "with": { 
/**
 * The file.
 */
path: string, } } | { "type": "hit", "with": { 
/**
 * It; none if there is none.
 */
hit: Hit | null, 
/**
 * Its number among all, from 1; 0 if there is none.
 */
index: number, 
/**
 * How many of the lines near hits come before its own.
 */
row: number, } } | { "type": "hits", "with": { 
/**
 * At most 10,000.
 */
hits: Array<Hit>, } } | { "type": "hit_lines", "with": { 
/**
 * The lines, in order and with gaps.
 */
lines: Array<Line>, 
/**
 * The hits in them, at most 10,000.
 */
hits: Array<Hit>, 
/**
 * How many there are in all.
 */
total: number, } } | { "type": "hit_marks", "with": HitMarks } | { "type": "comparison", "with": Comparison } | { "type": "masked_line", "with": { 
/**
 * Its parts, in order.
 */
parts: Array<MaskedPart>, } } | { "type": "failure", "with": { 
/**
 * None of a job that has not failed, or wrote nothing.
 */
failure: JobFailure | null, } } | { "type": "compared_lines", "with": { 
/**
 * In the order of the runs that were asked for.
 */
lines: Array<DiffLine>, } } | { "type": "subscribed", "with": { 
/**
 * Its number, in each of its frames.
 */
subscription: number, 
/**
 * The first chunk that comes; later than the one asked for if something is left out.
 */
seq: number, 
/**
 * The first chunk that was not there yet; none if no more will come.
 */
live: number | null, } } | { "type": "hosts_imported", "with": ImportedHosts } | { "type": "settings", "with": Settings } | { "type": "kept", "with": Kept } | { "type": "outdated", "with": Outdated } | { "type": "tried_database", "with": TriedDatabase } | { "type": "history_copy", "with": { 
/**
 * None if there was none since the app started.
 */
copy: HistoryCopy | null, } } | { "type": "health", "with": Health };

/**
 * What the page can ask for.
 */
export type Request = { "catalog": CatalogRequest } | { "host": HostRequest } | { "launch": LaunchRequest } | { "job": JobRequest } | { "batch": BatchRequest } | { "log": LogRequest } | { "find": FindRequest } | { "search": SearchRequest } | { "compare": CompareRequest } | { "settings": SettingsRequest };

/**
 * What is kept of all projects, and of some by rules of their own.
 */
export type Retention = { 
/**
 * Of everything but the projects with rules of their own.
 */
keep: Keep, 
/**
 * By the project's name, in place of the rules of all.
 */
projects: { [key in string]: Keep }, };

/**
 * How a log is saved.
 */
export type SaveAs = "raw" | "text" | "text_with_times" | "html";

/**
 * A saved set.
 */
export type SavedSet = { 
/**
 * Its name: `@name` means it.
 */
name: string, 
/**
 * The line as it was written.
 */
line: string, };

/**
 * What a scan of a makefile found, without running it.
 */
export type Scan = { 
/**
 * The targets, in the order a person should see them.
 */
targets: Array<Target>, 
/**
 * The variables, in the order of their first mention.
 */
variables: Array<Variable>, 
/**
 * The target make runs when none is named.
 */
default_goal: string | null, 
/**
 * What the scan could not read, each with its place: `Makefile:12: missing separator`.
 */
problems: Array<Problem>, 
/**
 * What make reads otherwise than its author may have meant it, each with its place; it runs all the same.
 */
hints: Array<Problem>, 
/**
 * The dotenv file that the project lacks though a sample of it is there.
 */
dotenv_sample: DotenvSample | null, };

/**
 * How a search ended.
 */
export type SearchEnd = { 
/**
 * Whether as much was found as was wanted, and there may be more.
 */
full: boolean, 
/**
 * Why not all logs could be looked through.
 */
why: string | null, 
/**
 * Jobs whose logs have holes: rows are gone from the history.
 */
torn: number, 
/**
 * Jobs with hits that were there no more when their lines were to be shown.
 */
gone: number, };

/**
 * How far a search has come.
 */
export type SearchProgress = { 
/**
 * Jobs whose logs have been looked through.
 */
jobs: number, 
/**
 * Bytes of log that have been looked through.
 */
bytes: number, 
/**
 * Jobs in the scope, and the bytes of their logs; none until they are counted.
 */
of: [number, number] | null, 
/**
 * Lines that hold a hit, so far.
 */
hits: number, 
/**
 * Jobs that have such lines.
 */
found_in: number, 
/**
 * The logs of jobs from then on have been looked through.
 */
since: string | null, 
/**
 * How it ended, once it has.
 */
end: SearchEnd | null, };

/**
 * What the page can ask of looking in the logs of many jobs.
 */
export type SearchRequest = { "type": "search_logs", "with": { 
/**
 * The search's number, chosen by the page.
 */
search: number, 
/**
 * What is looked for, and where; at most 5000 lines with hits are shown, also if it says 0, and 10 around each.
 */
wanted: SearchWanted, } } | { "type": "end_search", "with": { 
/**
 * The search's number.
 */
search: number, } };

/**
 * What is looked for, in which logs, and how much of it is wanted.
 */
export type SearchWanted = { 
/**
 * What is looked for.
 */
query: Query, 
/**
 * In the logs of which jobs; its limit does not count.
 */
scope: JobQuery, 
/**
 * Lines shown before and after each line with a hit, at most 100.
 */
context: number, 
/**
 * Lines with hits that are shown of each job; 0 for all of them.
 */
per_job: number, 
/**
 * Lines with hits that are shown in all: then the search ends; 0 for all of them.
 */
limit: number, };

/**
 * Lines that belong together, under the first of them.
 */
export type Section = { 
/**
 * The line in which it begins.
 */
first: number, 
/**
 * The line in which it ends; none if it has not.
 */
last: number | null, 
/**
 * How many sections it lies in.
 */
depth: number, 
/**
 * What it is of.
 */
of: SectionOf, 
/**
 * The folder, as make names it, or the line of the recipe as make wrote it, of which at most 200 characters.
 */
name: string, 
/**
 * Whether its make failed, or its line of a recipe.
 */
failed: boolean, 
/**
 * When it began: microseconds since 1970.
 */
began_at: number, 
/**
 * When it ended: if it is of a recipe, when the next line of one was written.
 */
ended_at: number | null, };

/**
 * What a section is of.
 */
export type SectionOf = "folder" | "recipe";

/**
 * A database that `DATABASE_URL` names, as it does for every program, and that keeps no history unless a person says so.
 */
export type SeenDatabase = { 
/**
 * Which one, without its password, why it is not used, and what is.
 */
why: string, 
/**
 * Whether it would serve.
 */
fits: boolean, };

/**
 * A run that failed the same way.
 */
export type SeenFailure = { 
/**
 * The job.
 */
job: JobId, 
/**
 * When it was asked for.
 */
at: string, 
/**
 * The host it ran on; none means this machine.
 */
host: string | null, };

/**
 * What gives a variable a value that is not named.
 */
export type SetBy = { "by": "environment" } | { "by": "file", 
/**
 * Relative to the project if it lies inside it.
 */
file: string, } | { "by": "makefile" };

/**
 * What a person can set.
 */
export type Settings = { 
/**
 * A Postgres to keep history in; none means our own private one. `VMO_DATABASE_URL` goes before it.
 */
database_url: string | null, 
/**
 * The schema of our tables in a configured Postgres; none means the role's own first one.
 */
database_schema: string | null, 
/**
 * How many jobs may run at once here; 0 means 128.
 */
max_jobs: number, 
/**
 * Free mebibytes of the disk with the data folder below which jobs wait; none means 64. `VMO_DISK_FLOOR`, in bytes, goes
 * before it.
 */
disk_floor: number | null, 
/**
 * What becomes of a job that is exclusive and runs already.
 */
when_busy: WhenBusy, 
/**
 * Whether a project has to be trusted again when its makefiles have changed.
 */
trust_again: boolean, 
/**
 * The program that opens a terminal; none means the first one found.
 */
terminal: string | null, 
/**
 * The command that opens an editor, with `{file}`, `{line}` and `{column}` in it; none means the first one found.
 */
editor: string | null, 
/**
 * Regular expressions; a line of a log in which one is found reports an error. Case does not matter.
 */
error_rules: Array<string>, 
/**
 * Regular expressions; a command or a recipe in which one is found asks before it runs, beside what ours know. Case does
 * not matter.
 */
danger_rules: Array<string>, 
/**
 * Regular expressions; what one finds in a line of a log differs from run to run, and is left out when logs are compared.
 * Case does not matter.
 */
mask_rules: Array<string>, 
/**
 * Of which jobs the desktop is told when they end.
 */
notify: Notify, 
/**
 * Seconds that a job runs at least for the desktop to be told that it is done; none means 10.
 */
notify_after: number | null, 
/**
 * What of the own history is kept.
 */
retention: Retention, };

/**
 * What the page can ask of the settings.
 */
export type SettingsRequest = { "type": "settings" } | { "type": "change_settings", "with": Settings } | { "type": "kept" } | { "type": "outdated", "with": { 
/**
 * The rules.
 */
retention: Retention, } } | { "type": "use_database", "with": { 
/**
 * Whether it does.
 */
used: boolean, } } | { "type": "try_database", "with": { 
/**
 * Its address, `postgres://user:password@host/name`.
 */
url: string, 
/**
 * The schema for the tables; none means the role's own first one.
 */
schema: string | null, } } | { "type": "copy_history", "with": { 
/**
 * Its address, `postgres://user:password@host/name`.
 */
url: string, 
/**
 * The schema for the tables; none means the role's own first one.
 */
schema: string | null, } } | { "type": "end_copy" } | { "type": "history_copy" } | { "type": "health" };

/**
 * So many, or so many of a hundred.
 */
export type Share = string;

/**
 * How long earlier runs of a job were silent, and since when it is.
 */
export type Silence = { 
/**
 * Milliseconds that a run is usually silent at most: the median of the longest silences of the last ones that ended well,
 * before their first output and after their last one, too. None if there are fewer than three.
 */
usual_ms: number | null, 
/**
 * When it last wrote something, or began; none if it has not begun.
 */
since: string | null, };

/**
 * A project's folder that is looked for on hosts.
 */
export type Sought = { 
/**
 * The project's name here.
 */
project: string, 
/**
 * The targets that are to run there.
 */
targets: Array<string>, 
/**
 * The hosts, at least one.
 */
hosts: Array<string>, 
/**
 * The folder there, absolute or below the home folder there as `~/shop`; none means wherever it is found.
 */
folder: string | null, };

/**
 * What names a host.
 */
export type Source = { 
/**
 * Of which kind it is.
 */
kind: SourceKind, 
/**
 * The file, with its line if that is known; or the command.
 */
place: string, };

/**
 * The kinds of sources, in the order in which they count.
 */
export type SourceKind = "ssh_config" | "own" | "vm_config" | "ansible" | "terraform" | "docker" | "command";

/**
 * A run of text of one style.
 */
export type Span = { 
/**
 * The text; no control characters.
 */
text: string, 
/**
 * Its style, if it has one.
 */
style?: Style, };

/**
 * A place in a file.
 */
export type Spot = { 
/**
 * The file, as it was named: absolute, or relative to a folder that was not.
 */
file: string, 
/**
 * The line, from 1.
 */
line: number, 
/**
 * The column, from 1.
 */
column: number | null, };

/**
 * What to start.
 */
export type Start = { "kind": "target", 
/**
 * The project's name.
 */
project: string, 
/**
 * At least one.
 */
targets: Array<string>, 
/**
 * Names and values for make, in order.
 */
variables: Array<[string, string]>, 
/**
 * Whether it gets a terminal.
 */
pty: boolean, 
/**
 * What to do if it is exclusive and runs already; none means as the settings say.
 */
when_busy?: WhenBusy, 
/**
 * How make is asked.
 */
options?: MakeOptions, } | { "kind": "target_on_hosts", 
/**
 * The project's name here.
 */
project: string, 
/**
 * At least one.
 */
targets: Array<string>, 
/**
 * Names and values for make, in order; none of them a secret.
 */
variables: Array<[string, string]>, 
/**
 * Whether it gets a terminal.
 */
pty: boolean, 
/**
 * How make is asked.
 */
options?: MakeOptions, 
/**
 * The hosts.
 */
on: Array<InFolder>, 
/**
 * As [`Self::Command`]'s.
 */
confirmed?: Array<string>, 
/**
 * How it is run on several hosts.
 */
rules?: BatchRules, } | { "kind": "command", 
/**
 * The command line.
 */
command: string, 
/**
 * The hosts, one job each; none means one job here. Several are a batch.
 */
hosts: Array<string>, 
/**
 * The folder of a job here, absolute; none means the home folder.
 */
cwd: string | null, 
/**
 * Whether it gets a terminal.
 */
pty: boolean, 
/**
 * The names of hosts in production that a person typed: a dangerous command runs only on those that are named.
 */
confirmed?: Array<string>, 
/**
 * How it is run on several hosts.
 */
rules?: BatchRules, };

/**
 * The word a person reads for a [`State`].
 */
export type Status = "queued" | "running" | "done" | "error" | "canceled" | "lost";

/**
 * How the store is.
 */
export type StoreHealth = { "state": "starting", 
/**
 * What is being done, in words.
 */
step: string, } | { "state": "ready", 
/**
 * As `18.4`.
 */
version: string, } | { "state": "away", 
/**
 * Why, and what to try.
 */
why: string, } | { "state": "refused", 
/**
 * Why, and what to try.
 */
why: string, };

/**
 * Where logs are kept, and whether it can be reached.
 */
export type StoreState = { 
/**
 * Whether it is our own private server; else it is a configured one.
 */
embedded: boolean, 
/**
 * Its address without the password.
 */
address: string, 
/**
 * How it is.
 */
health: StoreHealth, 
/**
 * What draws a warning and no refusal: a superuser role, a connection without TLS.
 */
warning: string | null, };

/**
 * Which of a job's two outputs; a job in a terminal has `stdout` alone.
 */
export type Stream = "stdout" | "stderr";

/**
 * What SGR sequences ask for.
 */
export type Style = { 
/**
 * Text colour.
 */
fg?: Color, 
/**
 * Background.
 */
bg?: Color, 
/**
 * SGR 1.
 */
bold: boolean, 
/**
 * SGR 2.
 */
dim: boolean, 
/**
 * SGR 3.
 */
italic: boolean, 
/**
 * SGR 4.
 */
underline: boolean, 
/**
 * SGR 7.
 */
inverse: boolean, 
/**
 * SGR 9.
 */
strike: boolean, };

/**
 * What a target does, worked out from what is not written as its help; so it is shown less prominently than a `doc`.
 */
export type Summary = { 
/**
 * One line, of at most 200 characters.
 */
text: string, 
/**
 * What it is taken from.
 */
by: SummaryBy, };

/**
 * What a summary is taken from.
 */
export type SummaryBy = { "by": "document", 
/**
 * Relative to the project.
 */
file: string, } | { "by": "recipe" } | { "by": "leads" } | { "by": "command" };

/**
 * A named goal of a makefile.
 */
export type Target = { 
/**
 * Its name, as make takes it.
 */
name: string, 
/**
 * Whether its name is a pattern, as `test-%`: a text is put in the place of the `%` to run it.
 */
pattern: boolean, 
/**
 * What its comment says it does.
 */
doc: string | null, 
/**
 * What else describes it, of one that is shown first and has no `doc`.
 */
summary: Summary | null, 
/**
 * The heading it is under.
 */
group: string | null, 
/**
 * Where it is defined.
 */
place: Place, 
/**
 * Whether `.PHONY` names it.
 */
phony: boolean, 
/**
 * Whether it is shown first; the others are under "Other".
 */
listed: boolean, 
/**
 * The recipe's lines as written, at most 200.
 */
recipe: Array<string>, 
/**
 * Why running it asks first, if it does.
 */
danger: Danger | null, 
/**
 * The targets that it leads to at once, at most 50: those it needs, then those its recipe calls make for.
 */
leads: Array<string>, 
/**
 * The names of the variables it uses, of those in [`Scan::variables`] and those defined nowhere.
 */
uses: Array<string>, 
/**
 * The variables, of those it uses, that it fails without and that have no value.
 */
guards: Array<string>, 
/**
 * Whether it wants a terminal: by its comment (`@pty`, `@pty no`), else by what its recipe runs.
 */
pty: boolean, 
/**
 * What of its recipe, or of one it leads to, asks for that terminal.
 */
pty_reason: string | null, 
/**
 * The targets that running it leads to, itself among them, that never run twice at once (`@exclusive`).
 */
exclusive: Array<string>, 
/**
 * How long a cancel waits after INT, and after TERM, in milliseconds (`@grace 30s 10s`): the longest that it or a
 * target it leads to asks for. None if none does.
 */
graces: Array<number>, 
/**
 * The longest it is meant to run, in milliseconds (`@timeout 10m`); its own word alone, not that of what it leads to.
 */
timeout: number | null, 
/**
 * The variables to which the makefile gives another value for this target (`deploy: ENV = prod`), each with that
 * value as written. A value given to make goes before it.
 */
defaults: Array<[string, string]>, 
/**
 * Whether further words behind it are its own: its recipe takes them out of `MAKECMDGOALS`, and a rule that fits any
 * name keeps make from looking for targets of these names (`make deploy ./app`).
 */
extra_words: boolean, };

/**
 * What is known of a database that was tried.
 */
export type TriedDatabase = { 
/**
 * `user@host:port/name`.
 */
at: string, 
/**
 * Whether a history of this app is in it already.
 */
ours: boolean, };

/**
 * Why a host is not reached.
 */
export type Unreached = { 
/**
 * In words.
 */
why: string, 
/**
 * As a word: `dns`, `timeout`, `auth_failed`, ... as of a job.
 */
reason: string, };

/**
 * A variable of a makefile that a person may want to set.
 */
export type Variable = { 
/**
 * Its name.
 */
name: string, 
/**
 * What its comment says.
 */
doc: string | null, 
/**
 * Its value as written; none if the makefile does not define it for all targets, and of one that is secret or
 * comes from a dotenv file: such values stay where they are.
 */
default: string | null, 
/**
 * What else gives it a value, which is not named.
 */
set_by: SetBy | null, 
/**
 * Whether it is set with `?=`.
 */
optional: boolean, 
/**
 * Whether a person is to give it a value.
 */
need: Need, 
/**
 * The values its comment allows (`@choice a|b|c`), if it does.
 */
choices: Array<string>, 
/**
 * Values that the makefile compares it with, or that its comments give as examples; any other may be given. At most
 * 12, and none of a variable that is secret or has choices.
 */
suggestions: Array<string>, 
/**
 * Whether its value is not to be shown or kept: by its name, or by its comment (`@secret`, `@secret no`).
 */
secret: boolean, 
/**
 * Where it is defined.
 */
place: Place | null, 
/**
 * What kind of value it takes.
 */
kind: VariableKind, 
/**
 * Whether the makefile sets it by `override`, for all targets and under no condition: a value given to make does not
 * count.
 */
fixed: Place | null, };

/**
 * What kind of value a variable takes, by its comment. It decides how it is asked for; make itself knows only text.
 */
export type VariableKind = "text" | "bool" | "file" | "host";

/**
 * What a queued job waits for.
 */
export type Waits = { "for": "turn", 
/**
 * That many.
 */
most: number, } | { "for": "exclusive", 
/**
 * The project's folder, canonical.
 */
folder: string, 
/**
 * The target; none means the whole project.
 */
target: string | null, 
/**
 * The job that has it; none if it is not known, as one of another engine.
 */
job: JobId | null, 
/**
 * That job's command line.
 */
command: string | null, } | { "for": "person", 
/**
 * That, in words.
 */
what: string, };

/**
 * The sizes of waves, in order; after the last of them, the rest.
 */
export type Waves = string;

/**
 * What becomes of a job that wants for itself what another job has.
 */
export type WhenBusy = "wait" | "refuse";
