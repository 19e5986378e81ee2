//! Questions, at a real terminal.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use forge::input::options::OptionSpec;
use forge::layers::Layers;
use insta::assert_snapshot;
use rexpect::process::Signal;

use crate::forge::Forge;
use crate::options::flag;
use crate::screen::Screen;

const ESCAPE: &str = "\x1b";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const CTRL_U: &str = "\x15";
const CTRL_Z: &str = "\x1a";
const ENTER: &str = "\r";
const SPACE: &str = " ";
const DOWN: &str = "\x1b[B";
const LEFT: &str = "\x1b[D";

const WHERE: &str = "Where should the project go?";
const CONFIRMATION: &str = "Write the project?";

/// The question that stands for what is done with Redis.
const GROUP: &str = "What should the service do with Redis?";

fn start(forge: &Forge, args: &str) -> Screen {
    Screen::start(forge.command(args.split_whitespace()), 80, 24)
}

/// A shell in which `$FORGE` is the program.
fn shell(forge: &Forge, script: &str) -> Command {
    let mut shell = Command::new("sh");
    forge.prepare(&mut shell);
    let program = env!("CARGO_BIN_EXE_forge");
    shell.env("FORGE", program).args(["-c", script]);
    shell
}

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

/// The words of a question of [`questions`].
fn words(question: &[OptionSpec]) -> String {
    let layers = Layers::built_in().unwrap();
    let first = &question[0];
    let mut groups = layers.options.groups.iter();
    match groups.find(|group| Some(&group.name) == first.group.as_ref()) {
        Some(group) => group.question.clone(),
        None => first.question.clone(),
    }
}

/// Flags that say something about every option.
fn all_flags(on: bool) -> String {
    let options = options();
    let flags: Vec<String> = options.iter().map(|option| flag(option, on)).collect();
    flags.join(" ")
}

/// What a project says of its answers.
fn recorded(forge: &Forge, project: &str) -> String {
    String::from_utf8(forge.files(project)["forge.toml"].clone()).unwrap()
}

#[track_caller]
fn assert_recorded(forge: &Forge, project: &str, lines: &[&str]) {
    let record = recorded(forge, project);
    for line in lines {
        assert!(record.lines().any(|known| known == *line), "{record}");
    }
}

#[test]
fn asks_every_question_in_order_and_enter_takes_the_default() {
    let forge = Forge::new();
    let mut screen = start(&forge, "new");
    screen.asks(WHERE).types("shop\r");
    for question in questions() {
        screen.asks(&words(&question));
        for option in &question {
            screen.shows(&option.gloss);
        }
        screen.types(ENTER);
    }
    screen.asks(CONFIRMATION).types(ENTER);
    let (screen, code) = screen.end();
    assert_eq!(code, 0, "{}", screen.text());
    assert!(screen.shows_cursor());
    assert_eq!(
        screen.written.matches("Esc goes back one question").count(),
        1
    );

    forge.run("new reference/shop --yes").exits(0);
    assert_eq!(forge.files("shop"), forge.files("reference/shop"));
}

#[test]
fn answers_are_what_was_typed() {
    let forge = Forge::new();
    let mut screen = start(&forge, "new shop");
    // What needs something that was declined is not asked.
    for option in options().iter().filter(|option| option.needs.is_empty()) {
        screen.asks(&option.question).types("no").types(ENTER);
    }
    screen.asks(CONFIRMATION).types("y").types(ENTER);
    let (screen, code) = screen.end();
    assert_eq!(code, 0, "{}", screen.text());
    assert!(!screen.written.contains(GROUP), "{}", screen.text());
    let record = recorded(&forge, "shop");
    assert!(!record.contains("= true"), "{record}");
}

#[test]
fn typing_ahead_answers_one_question_and_no_shell_runs_the_rest() {
    let forge = Forge::new();
    let script = r#""$FORGE" new shop; echo "code $?"; stty -icanon min 0 time 2; cat; echo end"#;
    let mut screen = Screen::start(shell(&forge, script), 80, 24);
    let options = options();
    let mut open = options.iter().filter(|option| option.needs.is_empty());
    let (first, second) = (open.next().unwrap(), open.next().unwrap());
    screen
        .asks(&first.question)
        .types("no\ryes\rno\ryes\r\r\r\recho hacked\r");
    screen
        .waits(Duration::from_millis(500))
        .asks(&second.question);
    let shown = screen.text();
    assert!(
        shown.contains(&format!("{} · no", first.question)),
        "{shown}"
    );
    assert!(!shown.contains(CONFIRMATION), "{shown}");
    screen.types(&format!("{CTRL_C}echo hacked\r"));
    let (screen, _) = screen.end();
    assert!(!screen.text().contains("hacked"), "{}", screen.text());
    assert!(screen.text().contains("code 130"), "{}", screen.text());
    assert!(forge.entries(".").is_empty());
}

#[test]
fn what_is_pasted_is_text_and_never_a_confirmation() {
    const PASTED: &str = "\x1b[200~shop\rno\ryes\r\x1b[201~";
    let forge = Forge::new();
    let mut screen = start(&forge, &format!("new {}", all_flags(false)));
    screen
        .asks(WHERE)
        .types(PASTED)
        .shows("❯ shop")
        .types(ENTER);
    screen.asks(CONFIRMATION).types(PASTED);
    screen.waits(Duration::from_millis(500)).asks(CONFIRMATION);
    assert!(forge.entries(".").is_empty());
    screen.types(ENTER);
    assert_eq!(screen.end().1, 0);
    assert_eq!(forge.entries("."), ["shop"]);
}

#[test]
fn check_marks_can_be_set_and_taken_away() {
    let forge = Forge::new();
    let members = questions().into_iter().find(|question| question.len() > 1);
    let members = members.unwrap();
    let others = options()
        .into_iter()
        .filter(|option| option.group.is_none());
    let flags: Vec<String> = others
        .map(|option| flag(&option, option.default.is_on()))
        .collect();
    let mut screen = start(&forge, &format!("new shop {}", flags.join(" ")));
    screen.asks(GROUP);
    for _ in &members {
        screen.types(SPACE).types(DOWN);
    }
    // Back at the first, which an arrow switches on again.
    screen.types(LEFT).types(ENTER);
    screen.asks(CONFIRMATION).types(ENTER);
    let (screen, code) = screen.end();
    assert_eq!(code, 0, "{}", screen.text());
    for (index, option) in members.iter().enumerate() {
        let on = option.default.is_on() == (index == 0);
        assert_recorded(&forge, "shop", &[&format!("{} = {on}", option.name)]);
    }
}

#[test]
fn a_group_without_a_check_mark_switches_all_of_it_off() {
    let forge = Forge::new();
    let others = options()
        .into_iter()
        .filter(|option| option.group.is_none());
    let flags: Vec<String> = others
        .map(|option| flag(&option, option.default.is_on()))
        .collect();
    let mut screen = start(&forge, &format!("new shop {}", flags.join(" ")));
    // The first `a` marks all, the second none.
    screen.asks(GROUP).types("aa").types(ENTER);
    screen.asks(CONFIRMATION).types(ENTER);
    let (screen, code) = screen.end();
    assert_eq!(code, 0, "{}", screen.text());
    let members = options()
        .into_iter()
        .filter(|option| option.group.is_some());
    for option in members {
        assert_recorded(&forge, "shop", &[&format!("{} = false", option.name)]);
    }
}

#[test]
fn what_is_said_of_a_group_is_not_offered() {
    let forge = Forge::new();
    let mut screen = start(&forge, "new shop --database none --no-cache --sessions");
    screen.asks(GROUP).types(CTRL_C);
    let (screen, code) = screen.end();
    assert_eq!(code, 130);
    for option in options() {
        let is_said = ["cache", "sessions"].contains(&option.name.as_str());
        let is_offered = option.group.is_some() && !is_said;
        let is_shown = screen.written.contains(&option.gloss);
        assert!(
            is_shown || !is_offered,
            "{}: {}",
            option.name,
            screen.written
        );
        assert!(!is_shown || !is_said, "{}: {}", option.name, screen.written);
    }
}

#[test]
fn asks_only_for_what_is_not_said() {
    let forge = Forge::new();
    let options = options();
    let last = options.last().unwrap();
    let said: Vec<String> = options[..options.len() - 1]
        .iter()
        .map(|option| flag(option, true))
        .collect();
    let mut screen = start(&forge, &format!("new shop {}", said.join(" ")));
    screen.asks(&last.question).types(ENTER);
    screen.asks(CONFIRMATION).types(ENTER);
    let (screen, code) = screen.end();
    assert_eq!(code, 0, "{}", screen.text());
    for option in &options[..options.len() - 1] {
        assert!(!screen.written.contains(&option.question));
    }
}

#[test]
fn asks_nothing_where_everything_is_said() {
    let forge = Forge::new();
    for (index, args) in ["--yes".to_owned(), all_flags(true)].iter().enumerate() {
        let (screen, code) = start(&forge, &format!("new shop{index} {args}")).end();
        assert_eq!(code, 0, "{}", screen.text());
        assert!(!screen.written.contains('?'), "{}", screen.text());
    }
}

#[test]
fn the_summary_says_what_will_be_written_on_one_screen() {
    let forge = Forge::new();
    let mut screen = start(&forge, "new a/shop");
    for question in questions() {
        screen.asks(&words(&question)).types(ENTER);
    }
    let on = options()
        .into_iter()
        .filter(|option| option.default == true.into());
    let on: Vec<String> = on.map(|option| option.name).collect();
    screen.asks(CONFIRMATION);
    for text in [
        "path a/shop",
        &on.join(", "),
        "without near-cache",
        "a new repository on branch main",
        " files, ",
    ] {
        screen.shows(text);
    }
    screen.types("n").types(ENTER);
    let (screen, code) = screen.end();
    assert_eq!(code, 1);
    let shown = screen.text();
    assert!(shown.ends_with("nothing was written"), "{shown}");
    assert!(!shown.contains("error:"), "{shown}");
    assert!(forge.entries(".").is_empty());
}

#[test]
fn escape_goes_back_one_question_and_a_group_is_one() {
    let forge = Forge::new();
    let questions = questions();
    let words: Vec<String> = questions.iter().map(|question| words(question)).collect();
    let mut screen = start(&forge, "new");
    screen.asks(WHERE).types("shop\r");
    screen.asks(&words[0]).types(ESCAPE);
    screen.asks(WHERE).types("2\r");
    let group = words.iter().position(|question| question == GROUP);
    let group = group.expect("a group");
    for question in &words[..group] {
        screen.asks(question).types(ENTER);
    }
    screen.asks(GROUP).types(SPACE).types(ENTER);
    screen.asks(&words[group + 1]).types(ESCAPE);
    screen.asks(GROUP).types(ESCAPE);
    for question in &words[group - 1..] {
        screen.asks(question).types(ENTER);
    }
    screen.asks(CONFIRMATION).types(ESCAPE);
    screen.asks(words.last().unwrap()).types("n").types(ENTER);
    screen.asks(CONFIRMATION).types(ENTER);
    let (screen, code) = screen.end();
    assert_eq!(code, 0, "{}", screen.text());
    assert_eq!(forge.entries("."), ["shop2"]);
    let last = flag(&options().pop().unwrap(), false);
    forge
        .run(&format!("new reference/shop2 --yes {last}"))
        .exits(0);
    assert_eq!(forge.files("shop2"), forge.files("reference/shop2"));
}

#[test]
fn escape_at_the_first_question_asks_it_again() {
    let forge = Forge::new();
    let question = words(&questions()[0]);
    let mut screen = start(&forge, "new shop");
    screen.asks(&question).types(ESCAPE);
    screen.waits(Duration::from_millis(500)).asks(&question);
    screen.types(CTRL_C);
    assert_eq!(screen.end().1, 130);
}

#[test]
fn a_path_can_be_edited_anywhere() {
    const CTRL_A: &str = "\x01";
    let forge = Forge::new();
    let mut screen = start(&forge, &format!("new {}", all_flags(true)));
    screen
        .asks(WHERE)
        .types(&format!("hxop{LEFT}{LEFT}\x7f{CTRL_A}s"))
        .types(ENTER);
    screen.asks(CONFIRMATION).types(ENTER);
    assert_eq!(screen.end().1, 0);
    assert_eq!(forge.entries("."), ["shop"]);
}

#[test]
fn a_bad_path_is_explained_and_asked_again() {
    let forge = Forge::new();
    forge.write("file", "");
    forge.run("new --yes").exits(2).says("there is no path");

    let mut screen = start(&forge, "new");
    screen.asks(WHERE).types("fn\r");
    screen.shows("it is a Rust keyword").shows("try `fn_app`");
    screen.types(CTRL_U).types("file\r");
    screen.shows("`file` is not a directory");
    screen.types(CTRL_U).types("~/shop\r");
    screen.shows("begins with `~`");
    screen.types(CTRL_U).types("shop\r");
    screen.asks(&words(&questions()[0])).types(CTRL_C);
    let (screen, code) = screen.end();
    assert_eq!(code, 130);
    assert!(!screen.text().contains("keyword"), "{}", screen.text());
}

#[test]
fn leaving_at_any_question_leaves_nothing_and_a_sane_terminal() {
    let mut asked = vec![WHERE.to_owned()];
    asked.extend(questions().iter().map(|question| words(question)));
    asked.push(CONFIRMATION.to_owned());
    for (key, message) in [
        (CTRL_C, "interrupted, nothing was written code 130"),
        (CTRL_D, "nothing was written code 1"),
    ] {
        for stop in 0..asked.len() {
            let forge = Forge::new();
            let script = r#"before=$(stty -g); "$FORGE" new; echo "code $?"
                test "$before" = "$(stty -g)" && echo "terminal as before""#;
            let mut screen = Screen::start(shell(&forge, script), 80, 24);
            for question in &asked[..stop] {
                screen.asks(question);
                screen.types(if question == WHERE { "shop\r" } else { ENTER });
            }
            screen.asks(&asked[stop]).types(key);
            let (screen, _) = screen.end();
            let (words, shown) = (screen.words(), screen.text());
            let end = format!("{message} terminal as before");
            assert!(words.ends_with(&end), "{shown}");
            assert!(!words.contains('❯'), "{shown}");
            assert!(screen.shows_cursor());
            assert!(forge.entries(".").is_empty());
        }
    }
}

#[test]
fn a_suspended_question_goes_on_where_it_was() {
    let forge = Forge::new();
    let script = r#"set -m; before=$(stty -g); "$FORGE" new
        test "$before" = "$(stty -g)" && echo "terminal as before"; fg"#;
    let mut screen = Screen::start(shell(&forge, script), 80, 24);
    screen.asks(WHERE).types("sh").types(CTRL_Z);
    screen.shows("terminal as before").asks(WHERE);
    screen.types("op\r");
    screen.asks(&words(&questions()[0])).types(CTRL_C);
    let (screen, code) = screen.end();
    assert_eq!(code, 130);
    assert!(screen.words().contains("go? · shop"), "{}", screen.text());
}

#[test]
fn signals_from_outside_end_a_question() {
    for (signal, expected) in [
        (Signal::SIGINT, 130),
        (Signal::SIGTERM, 143),
        (Signal::SIGHUP, 129),
    ] {
        let forge = Forge::new();
        let mut screen = start(&forge, "new shop");
        screen.asks(&words(&questions()[0])).signal(signal);
        let (screen, code) = screen.end();
        assert_eq!(code, expected, "{}", screen.text());
        let shown = screen.text();
        assert!(
            shown.ends_with("interrupted, nothing was written"),
            "{shown}"
        );
        assert!(screen.shows_cursor());
        assert!(forge.entries(".").is_empty());
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_that_is_closed_ends_a_question() {
    let forge = Forge::new();
    // The shell outlives its terminal, to tell how forge has ended.
    let inner = r#"trap "" HUP; "$FORGE" new shop; echo $? >code"#;
    let mut command = shell(
        &forge,
        r#"exec script --quiet --command "$INNER" /dev/null"#,
    );
    command.env("INNER", inner).env("TERM", "xterm-256color");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut terminal = command.spawn().expect("script is installed");
    let mut shown = BufReader::new(terminal.stdout.take().expect("a pipe"));
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("database") {
        assert_ne!(shown.read_until(b'?', &mut seen).expect("output"), 0);
    }
    terminal.kill().expect("the terminal is closed");
    terminal.wait().expect("it ends");
    let start = Instant::now();
    let code = || fs::read_to_string(forge.path("code")).unwrap_or_default();
    while code().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(30), "forge goes on");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(code(), "129\n");
}

/// A layer from outside with every kind of option.
const LAYER: &str = r#"
replaces = ["bacon.toml"]

[[option]]
name = "keystore"
question = "Which keystore?"
gloss = "where the service keeps what it must not forget"
choices = [
    { value = "none", gloss = "no keystore" },
    { value = "sqlite", gloss = "in a file" },
    { value = "postgres", gloss = "on a server, with a pool of connections that wait for each other" },
]
default = "sqlite"

[[option]]
name = "team"
question = "Which team owns the service?"
gloss = "the team that is asked first"
default = "platform"
pattern = "[a-z]+"

[[group]]
name = "mails"
question = "Which mails should it send, and to whom?"

[[option]]
name = "welcome"
label = "welcome mails"
question = "Send welcome mails?"
gloss = "to everybody who signs up, in their own language"
default = true
group = "mails"

[[option]]
name = "reports"
question = "Send reports?"
gloss = "to the team, once a day"
default = false
group = "mails"

[[option]]
name = "backups"
question = "Make backups?"
gloss = "every night"
default = false
when = 'keystore == "postgres"'
"#;

const MAILS: &str = "Which mails should it send, and to whom?";

fn with_layer() -> Forge {
    let forge = Forge::new();
    forge.mkdir("own");
    forge.write("own/layer.toml", LAYER);
    forge.write("own/bacon.toml", "# Ours.\n");
    forge
}

/// A new project of which only the questions of the layer are open.
fn new_with_layer() -> String {
    format!("new shop --layer own {}", all_flags(false))
}

#[test]
fn layers_from_outside_ask_questions_of_every_kind() {
    let forge = with_layer();
    let mut screen = start(&forge, &new_with_layer());
    screen.shows("must not forget").asks("Which keystore?");
    screen.types(DOWN).types(ENTER);
    screen
        .asks("Which team owns the service?")
        .types(" 7")
        .types(ENTER);
    screen.shows("it must be ").types(ESCAPE);
    screen
        .asks("Which keystore?")
        .types("postgres")
        .types(ENTER);
    screen
        .asks("Which team owns the service?")
        .types(CTRL_U)
        .types("payments")
        .types(ENTER);
    screen.asks(MAILS).types(ENTER);
    screen.asks("Make backups?").types("y").types(ENTER);
    screen.asks(CONFIRMATION).types(ENTER);
    let (screen, code) = screen.end();
    assert_eq!(code, 0, "{}", screen.text());
    let lines = [
        "keystore = \"postgres\"",
        "team = \"payments\"",
        "welcome = true",
        "reports = false",
        "backups = true",
    ];
    assert_recorded(&forge, "shop", &lines);
}

#[test]
fn what_a_condition_excludes_is_not_asked() {
    let forge = with_layer();
    let args = format!("{} --team a --welcome --reports", new_with_layer());
    let mut screen = start(&forge, &args);
    screen.asks("Which keystore?").types(ENTER);
    screen.asks(CONFIRMATION);
    for text in ["sqlite", "backups", "`own` replaces `bacon.toml`"] {
        screen.shows(text);
    }
    screen.types("n").types(ENTER);
    let (screen, _) = screen.end();
    assert!(
        !screen.written.contains("Make backups?"),
        "{}",
        screen.text()
    );
}

#[test]
fn screens_of_three_sizes() {
    for (columns, rows) in [(80, 24), (42, 24), (20, 5)] {
        let forge = with_layer();
        let args = new_with_layer();
        let command = forge.command(args.split_whitespace().filter(|arg| *arg != "shop"));
        let mut screen = Screen::start(command, columns, rows);
        let mut screens = Vec::new();
        let mut keep = |screen: &mut Screen| {
            screen.waits(Duration::from_millis(300));
            screens.push(screen.text());
        };
        screen.asks(WHERE);
        keep(&mut screen);
        screen.types("fn\r").shows("cannot be");
        keep(&mut screen);
        screen.types("\x15shop\r").asks("Which keystore?");
        keep(&mut screen);
        screen.types(DOWN);
        keep(&mut screen);
        screen.types(ENTER);
        screen.asks("Which team owns the service?");
        keep(&mut screen);
        screen.types(ENTER);
        // On the lowest screen, it stands above what is shown.
        screen.shows("welcome mails");
        keep(&mut screen);
        screen.types(DOWN).types(ENTER).asks("Make backups?");
        keep(&mut screen);
        screen.types(CTRL_C);
        let (mut screen, code) = screen.end();
        assert_eq!(code, 130);
        keep(&mut screen);
        let line = "-".repeat(columns);
        let screens = screens.join(&format!("\n{line}\n"));
        assert!(!screens.contains('…'), "{screens}");
        assert_snapshot!(format!("screens of {columns}x{rows}"), screens);
    }
}

#[test]
fn a_resize_leaves_nothing_behind() {
    let forge = with_layer();
    let mut screen = start(&forge, &new_with_layer());
    screen.asks("Which keystore?");
    for columns in [20, 60, 33, 80] {
        screen.resize(columns, 24);
        screen.waits(Duration::from_millis(300)).shows("❯ sqlite");
        let shown = screen.words();
        assert_eq!(shown.matches('❯').count(), 1, "{}", screen.text());
        assert!(shown.matches("? Which").count() < 2, "{}", screen.text());
    }
    for columns in [20, 80, 10, 120, 15, 80] {
        // Back before anything has been drawn anew.
        screen.resize(columns, 24);
    }
    screen.waits(Duration::from_millis(300)).shows("❯ sqlite");
    assert_eq!(screen.words().matches('❯').count(), 1, "{}", screen.text());
    screen.types(ENTER).asks("Which team owns the service?");
    let shown = screen.text();
    assert!(
        shown.contains("✔ Which keystore? · sqlite\n? Which team"),
        "{shown}"
    );
    screen.resize(20, 5);
    screen.waits(Duration::from_millis(300)).shows("❯ platform");
    screen.types(CTRL_C);
    let (screen, code) = screen.end();
    assert_eq!(code, 130);
    assert!(!screen.text().contains('❯'), "{}", screen.text());
}

#[test]
fn colors_and_cursor_codes_go_where_they_are_understood() {
    let forge = Forge::new();
    for (value, colored) in [(None, true), (Some("1"), false)] {
        let mut command = forge.command(["new", "shop", "--dry-run"]);
        if let Some(value) = value {
            command.env("NO_COLOR", value);
        }
        let mut screen = Screen::start(command, 80, 24);
        for question in questions() {
            screen.asks(&words(&question)).types(ENTER);
        }
        let (screen, code) = screen.end();
        assert_eq!(code, 0, "{}", screen.text());
        // Colors end in `m`; what moves or hides the cursor does not.
        let has_color = screen.written.split('\x1b').skip(1).any(|sequence| {
            let end = sequence.find(|c: char| c.is_ascii_alphabetic());
            end.is_some_and(|end| sequence.as_bytes()[end] == b'm')
        });
        assert_eq!(has_color, colored, "{:?}", screen.written);
    }
    for args in ["new shop", "new shop --yes", "new other --dry-run --yes"] {
        let mut command = forge.command(args.split(' '));
        command.env("TERM", "dumb");
        let (screen, code) = Screen::start(command, 80, 24).end();
        assert_eq!(code, if args == "new shop" { 2 } else { 0 });
        assert!(!screen.written.contains('\x1b'), "{:?}", screen.written);
    }
}

#[test]
fn there_is_nobody_to_ask_where_input_is_no_terminal() {
    let forge = Forge::new();
    let script = r#""$FORGE" new shop </dev/null"#;
    let (screen, code) = Screen::start(shell(&forge, script), 80, 24).end();
    assert_eq!(code, 2);
    assert!(screen.words().contains("no terminal to ask at"));
}
