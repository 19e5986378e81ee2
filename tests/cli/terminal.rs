//! Questions, at a real pseudo-terminal.

use std::process::Command;

use forge::input::options::OptionSpec;
use forge::layers::Layers;
use rexpect::process::{Signal, WaitStatus};
use rexpect::session::{PtySession, spawn_command};

use crate::forge::Forge;

/// Long enough for a busy machine; nothing waits for it to pass unless a test fails.
const PATIENCE: u64 = 30_000;

const SHOW_CURSOR: &str = "\x1b[?25h";
const HIDE_CURSOR: &str = "\x1b[?25l";
const ESCAPE: &str = "\x1b";
const CTRL_C: &str = "\x03";
const ENTER: &str = "\r";
const CTRL_U: &str = "\x15";
const SPACE: &str = " ";
const DOWN: &str = "\x1b[B";

/// A conversation, of which everything that was shown is kept.
struct Terminal {
    session: PtySession,
    shown: String,
}

impl Terminal {
    fn start(mut command: Command) -> Self {
        command.env("TERM", "xterm-256color");
        Self {
            session: spawn_command(command, Some(PATIENCE)).expect("a pseudo-terminal"),
            shown: String::new(),
        }
    }

    fn forge(forge: &Forge, args: &str) -> Self {
        Self::start(forge.command(args.split_whitespace()))
    }

    #[track_caller]
    fn expect(&mut self, text: &str) -> &mut Self {
        match self.session.exp_string(text) {
            Ok(before) => {
                self.shown.push_str(&before);
                self.shown.push_str(text);
            }
            Err(error) => panic!("waited for {text:?} after {:?}: {error}", self.shown),
        }
        self
    }

    /// Waits until a question waits for a key.
    #[track_caller]
    fn asks(&mut self, question: &str) -> &mut Self {
        self.expect(question).expect(HIDE_CURSOR)
    }

    /// Waits until a question is shown with its list, whose last item begins so.
    #[track_caller]
    fn lists(&mut self, question: &str, last: &str) -> &mut Self {
        self.expect(question).expect(last)
    }

    /// Waits for a question of [`questions`].
    #[track_caller]
    fn asks_for(&mut self, question: &[OptionSpec]) -> &mut Self {
        let last = question.last().expect("an option");
        match &last.group {
            Some(_) => self.lists(GROUP, &last.label),
            None => self.asks(&last.question),
        }
    }

    fn types(&mut self, keys: &str) -> &mut Self {
        self.session.send(keys).expect("keys to be sent");
        self.session.flush().expect("keys to be sent");
        self
    }

    /// Everything that was shown, and how the process ended.
    fn end(mut self) -> (String, i32) {
        let rest = self.session.exp_eof().expect("the process to end");
        self.shown.push_str(&rest);
        match self.session.process().wait() {
            Ok(WaitStatus::Exited(_, code)) => (self.shown, code),
            other => panic!("{other:?} after {:?}", self.shown),
        }
    }
}

/// The question that stands for what is done with Redis.
const GROUP: &str = "What should the service do with Redis?";

fn options() -> Vec<OptionSpec> {
    Layers::built_in().unwrap().options.list
}

/// What is asked where nothing is said: the options of each question.
fn questions() -> Vec<Vec<OptionSpec>> {
    let mut questions: Vec<Vec<OptionSpec>> = Vec::new();
    for option in options() {
        match questions.last_mut() {
            Some(last) if option.group.is_some() && last[0].group == option.group => {
                last.push(option);
            }
            _ => questions.push(vec![option]),
        }
    }
    questions
}

/// What a project says of its answers.
fn recorded(forge: &Forge, project: &str) -> String {
    String::from_utf8(forge.files(project)["forge.toml"].clone()).unwrap()
}

#[track_caller]
fn assert_cursor_is_visible(shown: &str) {
    assert!(
        shown.rfind(SHOW_CURSOR) > shown.rfind(HIDE_CURSOR),
        "{shown:?}"
    );
}

#[test]
fn asks_every_question_in_order_and_enter_takes_the_default() {
    let forge = Forge::new();
    let mut terminal = Terminal::forge(&forge, "new");
    terminal
        .expect("Where should the project go?")
        .types("shop\r");
    for question in questions() {
        if let [option] = &question[..] {
            terminal.expect(&option.gloss);
        }
        terminal.asks_for(&question).types(ENTER);
    }
    terminal.asks("Write the project?").types(ENTER);
    let (shown, code) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    assert_cursor_is_visible(&shown);
    assert_eq!(shown.matches("Esc goes back one question").count(), 1);

    forge.run("new reference/shop --yes").exits(0);
    assert_eq!(forge.files("shop"), forge.files("reference/shop"));
}

#[test]
fn answers_are_what_was_typed() {
    let forge = Forge::new();
    let mut terminal = Terminal::forge(&forge, "new shop");
    // What needs something that was declined is not asked.
    for option in options().iter().filter(|option| option.needs.is_empty()) {
        terminal.asks(&option.question).types("n");
    }
    terminal.asks("Write the project?").types("y");
    let (shown, code) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains(GROUP), "{shown}");
    let record = recorded(&forge, "shop");
    assert!(!record.contains("= true"), "{record}");
}

#[test]
fn check_marks_can_be_set_and_taken_away() {
    let forge = Forge::new();
    let mut terminal = Terminal::forge(&forge, "new shop --redis --no-worker --docker --examples");
    terminal
        .lists(GROUP, "near cache")
        .types(SPACE)
        .types(DOWN)
        .types(DOWN)
        .types(DOWN)
        .types(SPACE)
        .types(ENTER);
    terminal.asks("Write the project?").types(ENTER);
    let (shown, code) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    let record = recorded(&forge, "shop");
    for line in [
        "cache = false",
        "rate-limit = true",
        "sessions = true",
        "near-cache = true",
    ] {
        assert!(record.lines().any(|known| known == line), "{record}");
    }
}

#[test]
fn a_group_without_a_check_mark_switches_all_of_it_off() {
    let forge = Forge::new();
    let mut terminal = Terminal::forge(&forge, "new shop --redis --no-worker --docker --examples");
    // The first `a` marks all, the second none.
    terminal.lists(GROUP, "near cache").types("aa").types(ENTER);
    terminal.asks("Write the project?").types(ENTER);
    let (shown, code) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    let args = "new reference/shop --redis --no-cache --no-rate-limit --no-sessions \
                --no-near-cache --no-worker --docker --examples";
    forge.run(args).exits(0);
    assert_eq!(forge.files("shop"), forge.files("reference/shop"));
}

#[test]
fn what_is_said_of_a_group_is_not_offered() {
    let forge = Forge::new();
    let mut terminal = Terminal::forge(&forge, "new shop --no-cache --sessions");
    terminal.lists(GROUP, "near cache").types(CTRL_C);
    let (shown, code) = terminal.end();
    assert_eq!(code, 130);
    for option in options() {
        let is_offered = ["rate-limit", "near-cache"].contains(&option.name.as_str());
        assert_eq!(shown.contains(&option.gloss), is_offered, "{shown}");
    }
    // A question of its own is better than a list of one.
    let mut terminal = Terminal::forge(&forge, "new shop --cache --rate-limit --no-sessions");
    let last = options()
        .into_iter()
        .find(|option| option.name == "near-cache");
    terminal.asks(&last.unwrap().question).types(CTRL_C);
    let (shown, _) = terminal.end();
    assert!(!shown.contains(GROUP), "{shown}");
}

#[test]
fn asks_only_for_what_is_not_said() {
    let forge = Forge::new();
    let options = options();
    let last = options.last().unwrap();
    let said: Vec<String> = options[..options.len() - 1]
        .iter()
        .map(|option| option.flag(true))
        .collect();
    let mut terminal = Terminal::forge(&forge, &format!("new shop {}", said.join(" ")));
    terminal.asks(&last.question).types(ENTER);
    terminal.asks("Write the project?").types(ENTER);
    let (shown, code) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    for option in &options[..options.len() - 1] {
        assert!(!shown.contains(&option.question), "{shown}");
    }
}

#[test]
fn asks_nothing_where_everything_is_said() {
    let forge = Forge::new();
    let flags: Vec<String> = options().iter().map(|option| option.flag(true)).collect();
    for (index, args) in ["--yes".to_owned(), flags.join(" ")].iter().enumerate() {
        let (shown, code) = Terminal::forge(&forge, &format!("new shop{index} {args}")).end();
        assert_eq!(code, 0, "{shown}");
        assert!(!shown.contains('?'), "{shown}");
    }
}

#[test]
fn the_summary_says_what_will_be_written() {
    let forge = Forge::new();
    let mut terminal = Terminal::forge(&forge, "new a/shop");
    for question in questions() {
        terminal.asks_for(&question).types(ENTER);
    }
    terminal.asks("Write the project?").types("n");
    let (shown, code) = terminal.end();
    assert_eq!(code, 1);
    let on = options()
        .into_iter()
        .filter(|option| option.default.is_on());
    let on: Vec<String> = on.map(|option| option.name).collect();
    for text in [
        "a/shop",
        &on.join(", "),
        "without\x1b[0m  near-cache",
        "a new repository on branch main",
        " files, ",
    ] {
        assert!(shown.contains(text), "{text} is not in {shown}");
    }
    assert!(shown.trim_end().ends_with("nothing was written"), "{shown}");
    assert!(!shown.contains("error:"), "{shown}");
    assert!(forge.entries(".").is_empty());
}

#[test]
fn escape_goes_back_one_question_and_a_group_is_one() {
    let forge = Forge::new();
    let questions = questions();
    let mut terminal = Terminal::forge(&forge, "new");
    terminal
        .expect("Where should the project go?")
        .types("shop\r");
    terminal.asks_for(&questions[0]).types(ESCAPE);
    terminal.expect("Where should the project go?").types("2\r");
    terminal.asks_for(&questions[0]).types(ENTER);
    terminal.asks_for(&questions[1]).types(SPACE).types(ENTER);
    terminal.asks_for(&questions[2]).types(ESCAPE);
    terminal.asks_for(&questions[1]).types(ESCAPE);
    for question in &questions {
        terminal.asks_for(question).types(ENTER);
    }
    terminal.asks("Write the project?").types(ESCAPE);
    terminal.asks_for(questions.last().unwrap()).types("n");
    terminal.asks("Write the project?").types(ENTER);
    let (shown, code) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    assert_eq!(forge.entries("."), ["shop2"]);
    forge
        .run("new reference/shop2 --yes --no-examples")
        .exits(0);
    assert_eq!(forge.files("shop2"), forge.files("reference/shop2"));
}

#[test]
fn escape_at_the_first_question_asks_it_again() {
    let forge = Forge::new();
    let options = options();
    let mut terminal = Terminal::forge(&forge, "new shop");
    terminal.asks(&options[0].question).types(ESCAPE);
    terminal.asks(&options[0].question).types(CTRL_C);
    assert_eq!(terminal.end().1, 130);
}

#[test]
fn a_path_can_be_edited_anywhere() {
    const CTRL_A: &str = "\x01";
    const LEFT: &str = "\x1b[D";
    let forge = Forge::new();
    let flags: Vec<String> = options().iter().map(|option| option.flag(true)).collect();
    let mut terminal = Terminal::forge(&forge, &format!("new {}", flags.join(" ")));
    terminal
        .expect("Where should the project go?")
        .types(&format!("hxop{LEFT}{LEFT}\x7f{CTRL_A}s"))
        .types(ENTER);
    terminal.asks("Write the project?").types(ENTER);
    assert_eq!(terminal.end().1, 0);
    assert_eq!(forge.entries("."), ["shop"]);
}

#[test]
fn a_bad_path_is_explained_and_asked_again() {
    let forge = Forge::new();
    forge.write("file", "");
    let mut terminal = Terminal::forge(&forge, "new --yes");
    terminal.expect("there is no path");
    assert_eq!(terminal.end().1, 2);

    let mut terminal = Terminal::forge(&forge, "new");
    terminal
        .expect("Where should the project go?")
        .types("fn\r");
    terminal
        .expect("it is a Rust keyword")
        .expect("try `fn_app`");
    terminal
        .expect("Where should the project go?")
        .types(CTRL_U)
        .types("file\r");
    terminal.expect("`file` is not a directory");
    terminal
        .expect("Where should the project go?")
        .types(CTRL_U)
        .types("~/shop\r");
    terminal.expect("begins with `~`");
    terminal
        .expect("Where should the project go?")
        .types(CTRL_U)
        .types("shop\r");
    terminal.asks(&options()[0].question).types(CTRL_C);
    assert_eq!(terminal.end().1, 130);
}

#[test]
fn ctrl_c_at_any_question_leaves_nothing_and_a_sane_terminal() {
    let questions = questions();
    for stop in 0..questions.len() + 2 {
        let forge = Forge::new();
        let mut shell = Command::new("sh");
        forge.prepare(&mut shell);
        shell.env("FORGE", env!("CARGO_BIN_EXE_forge")).args([
            "-c",
            r#"before=$(stty -g); "$FORGE" new; echo "code $?"
               test "$before" = "$(stty -g)" && echo "terminal as before""#,
        ]);
        let mut terminal = Terminal::start(shell);
        let mut asked = 0;
        let mut reply = |terminal: &mut Terminal, keys: &str| {
            terminal.types(if asked == stop { CTRL_C } else { keys });
            asked += 1;
            asked > stop
        };
        terminal.expect("Where should the project go?");
        let mut stopped = reply(&mut terminal, "shop\r");
        for question in &questions {
            if !stopped {
                terminal.asks_for(question);
                stopped = reply(&mut terminal, ENTER);
            }
        }
        if !stopped {
            terminal.asks("Write the project?");
            reply(&mut terminal, ENTER);
        }
        let (shown, _) = terminal.end();
        assert!(
            shown.contains("interrupted, nothing was written\r\n"),
            "{shown}"
        );
        assert!(shown.contains("code 130\r\nterminal as before"), "{shown}");
        assert_cursor_is_visible(&shown);
        assert!(forge.entries(".").is_empty());
    }
}

#[test]
fn signals_from_outside_end_a_question() {
    for (signal, expected) in [
        (Signal::SIGINT, 130),
        (Signal::SIGTERM, 143),
        (Signal::SIGHUP, 129),
    ] {
        let forge = Forge::new();
        let mut terminal = Terminal::forge(&forge, "new shop");
        terminal.asks(&options()[0].question);
        terminal.session.process_mut().signal(signal).unwrap();
        let (shown, code) = terminal.end();
        assert_eq!(code, expected, "{shown}");
        assert!(
            shown.contains("interrupted, nothing was written"),
            "{shown}"
        );
        assert_cursor_is_visible(&shown);
        assert!(forge.entries(".").is_empty());
    }
}

/// A layer from outside with the kinds of options that no layer of Forge has.
const LAYER: &str = r#"
replaces = ["clippy.toml"]

[[option]]
name = "database"
question = "Which database?"
gloss = "where the service keeps what it must not forget"
choices = [
    { value = "none", gloss = "no database" },
    { value = "sqlite", gloss = "in a file" },
    { value = "postgres", gloss = "on a server" },
]
default = "sqlite"

[[option]]
name = "team"
question = "Which team owns the service?"
gloss = "the team that is asked first"
default = "platform"
pattern = "[a-z]+"

[[option]]
name = "backups"
question = "Make backups?"
gloss = "every night"
default = false
when = 'database == "postgres"'
"#;

fn with_layer() -> Forge {
    let forge = Forge::new();
    forge.mkdir("own");
    forge.write("own/layer.toml", LAYER);
    forge.write("own/clippy.toml", "# Ours.\n");
    forge
}

#[test]
fn layers_from_outside_ask_questions_of_every_kind() {
    let forge = with_layer();
    let flags: Vec<String> = options().iter().map(|option| option.flag(false)).collect();
    let new = format!("new shop --layer own {}", flags.join(" "));
    let mut terminal = Terminal::forge(&forge, &new);
    terminal
        .expect("must not forget")
        .lists("Which database?", "on a server")
        .types(DOWN)
        .types(ENTER);
    terminal
        .expect("Which team owns the service?")
        .types(" 7")
        .types(ENTER);
    terminal
        .expect("it must be ")
        .expect("Which team owns the service?")
        .types(ESCAPE);
    terminal
        .lists("Which database?", "on a server")
        .types(DOWN)
        .types(ENTER);
    terminal
        .expect("Which team owns the service?")
        .types(CTRL_U)
        .types("payments")
        .types(ENTER);
    terminal.asks("Make backups?").types("y");
    terminal.asks("Write the project?").types(ENTER);
    let (shown, code) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    let record = recorded(&forge, "shop");
    for line in [
        "database = \"postgres\"",
        "team = \"payments\"",
        "backups = true",
    ] {
        assert!(record.lines().any(|known| known == line), "{record}");
    }
}

#[test]
fn what_a_condition_excludes_is_not_asked() {
    let forge = with_layer();
    let flags: Vec<String> = options().iter().map(|option| option.flag(false)).collect();
    let new = format!("new shop --layer own --team a {}", flags.join(" "));
    let mut terminal = Terminal::forge(&forge, &new);
    terminal
        .lists("Which database?", "on a server")
        .types(ENTER);
    terminal.asks("Write the project?").types("n");
    let (shown, _) = terminal.end();
    assert!(!shown.contains("Make backups?"), "{shown}");
    for text in ["sqlite", "backups", "`own` replaces `clippy.toml`"] {
        assert!(shown.contains(text), "{text} is not in {shown}");
    }
}

#[test]
fn a_narrow_terminal_shows_every_word() {
    let forge = with_layer();
    let mut shell = Command::new("sh");
    forge.prepare(&mut shell);
    let script = r#"stty cols 42 rows 24; "$FORGE" new shop --layer own"#;
    shell
        .env("FORGE", env!("CARGO_BIN_EXE_forge"))
        .args(["-c", script]);
    let mut terminal = Terminal::start(shell);
    for question in questions() {
        terminal.asks_for(&question).types(ENTER);
    }
    terminal.lists("Which database?", "postgres").types(ENTER);
    terminal.expect("Which team owns the service?").types(ENTER);
    terminal.asks("Write the project?").types(ENTER);
    let (shown, code) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains('…'), "{shown}");
}

#[test]
fn no_color_is_honoured() {
    let forge = Forge::new();
    for (value, colored) in [(None, true), (Some("1"), false)] {
        let mut command = forge.command(["new", "shop", "--dry-run"]);
        if let Some(value) = value {
            command.env("NO_COLOR", value);
        }
        let mut terminal = Terminal::start(command);
        for question in questions() {
            terminal.asks_for(&question).types(ENTER);
        }
        let (shown, code) = terminal.end();
        assert_eq!(code, 0, "{shown}");
        // Colors end in `m`; what moves or hides the cursor does not.
        let has_color = shown.split('\x1b').skip(1).any(|sequence| {
            let end = sequence.find(|c: char| c.is_ascii_alphabetic());
            end.is_some_and(|end| sequence.as_bytes()[end] == b'm')
        });
        assert_eq!(has_color, colored, "{shown:?}");
    }
}

#[test]
fn there_is_nobody_to_ask_where_input_is_no_terminal() {
    let forge = Forge::new();
    let mut shell = Command::new("sh");
    forge.prepare(&mut shell);
    let script = r#""$FORGE" new shop </dev/null"#;
    shell
        .env("FORGE", env!("CARGO_BIN_EXE_forge"))
        .args(["-c", script]);
    let (shown, code) = Terminal::start(shell).end();
    assert_eq!(code, 2);
    assert!(shown.contains("no terminal to ask at"), "{shown}");
}
