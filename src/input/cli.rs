//! From argv to what was given. The flags of the options come from their data.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Effects};
use clap::builder::{PossibleValue, PossibleValuesParser, Styles};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use clap_complete::Shell;

use crate::FORGE_VERSION;
use crate::git::Vcs;
use crate::input::answers::{Said, Source};
use crate::input::name;
use crate::input::options::{Kind, OptionSpec, Options};
use crate::input::revision::Revision;
use crate::input::value::{NONE, Value};
use crate::layers::named;

/// A parsed command line.
#[derive(Debug)]
pub enum Given {
    /// `forge new`
    New(New),
    /// `forge add`, `forge remove` and `forge update`
    Update(Update),
    /// `forge generate`
    Generate(Generate),
    /// `forge diff`
    Diff {
        /// Count the lines instead of showing them.
        stat: bool,
        /// Report as JSON.
        json: bool,
    },
    /// `forge options`
    Options {
        /// Print a JSON schema.
        json: bool,
    },
    /// `forge completions`
    Completions(Shell),
    /// `forge man`
    Man {
        /// The subcommand that the page is about.
        command: Option<String>,
    },
}

/// What the command line of `forge new` says.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct New {
    /// Where the project goes.
    pub path: Option<PathBuf>,
    /// The name, where it is not the last part of the path.
    pub name: Option<String>,
    /// The flags of options.
    pub said: Vec<Said>,
    /// A file of answers.
    pub answers: Option<PathBuf>,
    /// Take defaults instead of asking.
    pub yes: bool,
    /// The version control system to set up.
    pub vcs: Option<Vcs>,
    /// Write nothing.
    pub dry_run: bool,
    /// Report as JSON.
    pub json: bool,
    /// Report errors only.
    pub quiet: bool,
}

/// What the command line of `forge add`, `forge remove` and `forge update` says.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Update {
    /// What is to become of the options.
    pub revision: Revision,
    /// Only tell whether there is anything to do.
    pub check: bool,
    /// Write nothing.
    pub dry_run: bool,
    /// Proceed even if git has uncommitted changes.
    pub allow_dirty: bool,
    /// Report as JSON.
    pub json: bool,
    /// Report errors only.
    pub quiet: bool,
}

/// What the command line of `forge generate` says.
#[derive(Debug)]
pub struct Generate {
    /// The generator and the name of what it makes; none to list the generators.
    pub what: Option<(String, String)>,
    /// The fields of what it makes.
    pub fields: Vec<String>,
    /// Write nothing.
    pub dry_run: bool,
    /// Report as JSON.
    pub json: bool,
    /// Report errors only.
    pub quiet: bool,
}

/// The command that switches options on.
pub const ADD: &str = "add";
/// The command that switches options off.
pub const REMOVE: &str = "remove";
/// The argument of `forge generate` that names a generator.
pub const GENERATOR: &str = "generator";
const UPDATE: &str = "update";
/// The argument of both that names options.
pub const OPTION: &str = "option";
const CHECK: &str = "check";
const DRY_RUN: &str = "dry-run";

const EXIT_CODES: &str = "\
Exit codes:
    0  done
    1  failed, or declined
    2  the command line or the answers cannot be used
    3  the target exists
    4  conflicts remain, or `--check` found an update
  130  interrupted by Ctrl-C; by another signal, 128 plus its number";

const UPDATE_ABOUT: &str = "\
Update a project to this Forge's templates and the answers in its forge.toml

What the templates have changed since the last render is merged into every file, and your own
changes stay. Where both have changed the same lines, the file gets conflict markers, git is told
about them, and the exit code is 4.";

const FIELDS: &str = "\
The fields of the item, where its generator takes any

Types are string, text, integer, float, boolean and timestamp. After the type, `:optional` says that a
field may be missing, and `:unique` that no two items have the same.";

/// Colors as cargo has them.
const STYLES: Styles = Styles::styled()
    .header(AnsiColor::BrightGreen.on_default().effects(Effects::BOLD))
    .usage(AnsiColor::BrightGreen.on_default().effects(Effects::BOLD))
    .literal(AnsiColor::BrightCyan.on_default().effects(Effects::BOLD))
    .placeholder(AnsiColor::Cyan.on_default())
    .error(AnsiColor::BrightRed.on_default().effects(Effects::BOLD))
    .valid(AnsiColor::BrightCyan.on_default().effects(Effects::BOLD))
    .invalid(AnsiColor::Yellow.on_default().effects(Effects::BOLD));

/// The whole command with its subcommands.
#[must_use]
pub fn command(options: &Options) -> Command {
    Command::new("forge")
        // Also where the program is `forge.exe`.
        .bin_name("forge")
        .version(FORGE_VERSION)
        .about("Generate Rust web services that build, run and pass their tests")
        .styles(STYLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(new_command(options))
        .subcommand(
            update_command(ADD, options)
                .about("Switch options on in an existing project, and bring in template updates")
                .after_help(switch_help(ADD, "on", options)),
        )
        .subcommand(
            update_command(REMOVE, options)
                .about("Switch options off in an existing project, and bring in template updates")
                .after_help(switch_help(REMOVE, "off", options)),
        )
        .subcommand(
            update_command(UPDATE, options)
                .about(
                    "Update a project to this Forge's templates and the answers in its forge.toml",
                )
                .long_about(UPDATE_ABOUT)
                .after_help(help_with_examples(&[
                    ("forge update", "bring in this Forge's templates"),
                    (
                        "forge update --dry-run",
                        "show what would change, file by file",
                    ),
                    (
                        "forge update --check",
                        "exit with 4 if anything would, for CI",
                    ),
                ])),
        )
        .subcommand(generate_command())
        .subcommand(
            Command::new("diff")
                .about("Show what has changed in a project since forge rendered it")
                .arg(flag("stat").help("Count the changed lines of each file"))
                .arg(flag("json").help("Report as one JSON document on standard output")),
        )
        .subcommand(
            Command::new("options")
                .about("List the options, their defaults and what they need")
                .arg(layer_arg())
                .arg(flag("json").help("Print a JSON schema of the answers file")),
        )
        .subcommand(
            Command::new("completions")
                .about("Print a completion script for a shell")
                .arg(
                    Arg::new("shell")
                        .value_name("SHELL")
                        .required(true)
                        .value_parser(value_parser!(Shell)),
                ),
        )
        .subcommand(
            Command::new("man").about("Print the manual page").arg(
                Arg::new("command")
                    .value_name("COMMAND")
                    .value_parser([
                        "new",
                        "add",
                        "remove",
                        "update",
                        "generate",
                        "diff",
                        "options",
                        "completions",
                        "man",
                    ])
                    .help("Print the page of a command"),
            ),
        )
        .after_help(EXIT_CODES)
}

/// Parses a command line, which begins with the name of the program.
pub fn parse(options: &Options, args: &[OsString]) -> Result<Given, clap::Error> {
    let mut matches = command(options)
        .try_get_matches_from(args)
        .map_err(|error| explain_dashes(error, args))?;
    Ok(match matches.remove_subcommand() {
        Some((name, mut matches)) => match name.as_str() {
            "options" => Given::Options {
                json: matches.get_flag("json"),
            },
            ADD | REMOVE | UPDATE => Given::Update(update_given(&name, &mut matches, options)),
            "generate" => {
                let mut word = |id: &str| matches.remove_one::<String>(id);
                Given::Generate(Generate {
                    what: word(GENERATOR).zip(word("name")),
                    fields: matches
                        .remove_many("fields")
                        .map(Iterator::collect)
                        .unwrap_or_default(),
                    dry_run: matches.get_flag(DRY_RUN),
                    json: matches.get_flag("json"),
                    quiet: matches.get_flag("quiet"),
                })
            }
            "diff" => Given::Diff {
                stat: matches.get_flag("stat"),
                json: matches.get_flag("json"),
            },
            "completions" => Given::Completions(required(&mut matches, "shell")?),
            "man" => Given::Man {
                command: matches.remove_one("command"),
            },
            _ => Given::New(new_given(matches, options)),
        },
        None => return Err(clap::Error::new(ErrorKind::MissingSubcommand)),
    })
}

/// Examples, in two columns, and the exit codes.
fn help_with_examples(examples: &[(&str, &str)]) -> String {
    let width = examples.iter().map(|(command, _)| command.len()).max();
    let width = width.unwrap_or_default();
    let lines = examples.iter();
    let lines = lines.map(|(command, meaning)| format!("  {command:width$}  {meaning}\n"));
    format!("Examples:\n{}\n{EXIT_CODES}", lines.collect::<String>())
}

fn switch_help(command: &str, state: &str, options: &Options) -> String {
    let option = options.list.first().map_or("", |option| &option.name);
    let switch = format!("forge {command} {option}");
    help_with_examples(&[
        (&switch, &format!("switch an option {state}")),
        (
            &format!("{switch} --dry-run"),
            "show what would change, file by file",
        ),
    ])
}

fn required<T: Clone + Send + Sync + 'static>(
    matches: &mut ArgMatches,
    id: &str,
) -> Result<T, clap::Error> {
    matches
        .remove_one(id)
        .ok_or_else(|| clap::Error::new(ErrorKind::MissingRequiredArgument))
}

fn new_command(options: &Options) -> Command {
    let project = options.list.iter().flat_map(option_args);
    let mut switches = options.list.iter().rev();
    let without = switches.find(|option| matches!(option.kind, Kind::Switch));
    let without = without.map(|option| option.flag(false));
    let here = format!("forge new . {} --yes", without.unwrap_or_default());
    Command::new("new")
        .about("Create a new project")
        // Added again below, to stand among the other options.
        .disable_help_flag(true)
        .arg(
            Arg::new("path")
                .value_name("PATH")
                .value_parser(value_parser!(OsString))
                .help(
                    "Where the project goes; its last part is its name \
                     [default: the name in the answers file]",
                ),
        )
        .next_help_heading("Project options")
        .args(project)
        .next_help_heading("Options")
        .arg(
            Arg::new("name")
                .long("name")
                .value_name("NAME")
                .help("Set the project's name, if it is not the last part of the path"),
        )
        .arg(
            flag("yes")
                .short('y')
                .help("Use defaults for everything not given, without asking"),
        )
        .arg(
            Arg::new(named::ANSWERS)
                .long(named::ANSWERS)
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Read answers from a file, such as the `forge.toml` of a project"),
        )
        .arg(layer_arg())
        .arg(
            Arg::new("vcs")
                .long("vcs")
                .value_name("VCS")
                .value_parser(Vcs::ALL.map(Vcs::name))
                .help("Set up version control, by default git unless inside a repository"),
        )
        .arg(flag("dry-run").help("Show what would be written, without writing anything"))
        .arg(flag("json").help("Report as one JSON document on standard output"))
        .arg(flag("quiet").short('q').help("Print errors only"))
        .arg(
            Arg::new("help")
                .short('h')
                .long("help")
                .action(ArgAction::Help)
                .help("Print help"),
        )
        .after_help(help_with_examples(&[
            ("forge new shop", "ask, then write `shop`"),
            ("forge new shop --yes", "take the defaults"),
            (&here, "write into the current, empty directory"),
            (
                "forge new shop --answers forge.toml",
                "take the answers of another project",
            ),
            (
                "forge new shop --yes --dry-run",
                "show what would be written",
            ),
        ]))
}

/// Which layers there are has been found out before the command line is parsed.
fn layer_arg() -> Arg {
    Arg::new(named::LAYER)
        .long(named::LAYER)
        .value_name("FOLDER")
        .action(ArgAction::Append)
        .value_parser(value_parser!(PathBuf))
        .value_hint(ValueHint::DirPath)
        .help("Add a layer of your own, a folder with a `layer.toml`; may be repeated")
}

fn generate_command() -> Command {
    Command::new("generate")
        .about("Generate files for a new item of a project, and wire them in")
        .arg(
            Arg::new(GENERATOR)
                .index(1)
                .value_name("GENERATOR")
                .requires("name")
                .help("What to generate; without it, list what there is"),
        )
        .arg(
            Arg::new("name")
                .index(2)
                .value_name("NAME")
                .help("The name of the item: words with `_` or `-` between them"),
        )
        .arg(
            Arg::new("fields")
                .index(3)
                .value_name("FIELD:TYPE")
                .num_args(0..)
                .help("The fields of the item, where its generator takes any")
                .long_help(FIELDS),
        )
        .arg(flag(DRY_RUN).help("Show what would be written, without writing anything"))
        .arg(flag("json").help("Report as one JSON document on standard output"))
        .arg(flag("quiet").short('q').help("Print errors only"))
        .after_help(help_with_examples(&[
            ("forge generate", "list the generators"),
            ("forge generate task send-report", "add a background task"),
            (
                "forge generate resource product title:string price:integer",
                "add a table with its routes",
            ),
        ]))
}

fn update_command(name: &'static str, options: &Options) -> Command {
    let mut command = Command::new(name);
    if name == UPDATE {
        command = command.arg(
            flag(CHECK)
                .conflicts_with(DRY_RUN)
                .help("Change nothing, and exit with 4 if there is anything to change"),
        );
    } else {
        // What is refused with a reason is no proposal.
        let names = options.list.iter().map(|option| {
            let is_text = matches!(option.kind, Kind::Text(_));
            let stays = name == REMOVE && option.off().is_none();
            PossibleValue::new(option.name.clone()).hide(is_text || stays)
        });
        command = command.arg(
            Arg::new(OPTION)
                .value_name("OPTION")
                .required(true)
                .num_args(1..)
                .value_parser(PossibleValuesParser::new(names))
                .help("The options, as `forge options` lists them"),
        );
    }
    if name == ADD {
        for option in choices(options) {
            command = command.arg(
                value_arg(option, false)
                    .requires(OPTION)
                    .help(format!("Which `{}` to add", option.name)),
            );
        }
    }
    command
        .arg(flag(DRY_RUN).help("Show what would change in each file, without changing anything"))
        .arg(flag("allow-dirty").help("Proceed even if git has uncommitted changes"))
        .arg(flag("json").help("Report as one JSON document on standard output"))
        .arg(flag("quiet").short('q').help("Print errors only"))
}

fn choices(options: &Options) -> impl Iterator<Item = &OptionSpec> {
    let options = options.list.iter();
    options.filter(|option| matches!(option.kind, Kind::Choice(_)))
}

fn update_given(name: &str, matches: &mut ArgMatches, options: &Options) -> Update {
    let mut named = || -> Vec<String> {
        let names = matches.remove_many(OPTION);
        names.map(Iterator::collect).unwrap_or_default()
    };
    let revision = match name {
        ADD => {
            let mut added: Vec<(String, Option<Value>)> =
                named().into_iter().map(|name| (name, None)).collect();
            for option in choices(options) {
                let Some(value) = word_given(matches, option) else {
                    continue;
                };
                match added.iter_mut().find(|(name, _)| *name == option.name) {
                    Some((_, given)) => *given = Some(value),
                    None => added.push((option.name.clone(), Some(value))),
                }
            }
            Revision::Add(added)
        }
        REMOVE => Revision::Remove(named()),
        _ => Revision::Update,
    };
    Update {
        check: revision == Revision::Update && matches.get_flag(CHECK),
        revision,
        dry_run: matches.get_flag(DRY_RUN),
        allow_dirty: matches.get_flag("allow-dirty"),
        json: matches.get_flag("json"),
        quiet: matches.get_flag("quiet"),
    }
}

/// The flags for an option: a pair for yes and no, or one that takes a value.
fn option_args(option: &OptionSpec) -> Vec<Arg> {
    let mut help = capitalized(&option.gloss);
    if !option.needs.is_empty() {
        let _ = write!(help, " (needs {})", option.needs.join(", "));
    }
    if let Some(when) = &option.when {
        let _ = write!(help, " (where {when})");
    }
    match &option.kind {
        Kind::Switch => {
            let [yes, no] = [true, false].map(|on| {
                let is_default = option.default == on.into();
                if is_default { " [default]" } else { "" }
            });
            vec![
                flag(&option.name).help(format!("{help}{yes}")),
                flag(&negative(option)).help(format!("Leave it out{no}")),
            ]
        }
        Kind::Choice(_) | Kind::Text(_) => {
            vec![value_arg(option, true).help(format!("{help} [default: {}]", option.default))]
        }
    }
}

/// The flag that takes the answer to a choice or a text.
fn value_arg(option: &OptionSpec, with_off: bool) -> Arg {
    let arg = Arg::new(option.name.clone()).long(option.name.clone());
    if let Kind::Choice(choices) = &option.kind {
        let choices = choices.iter();
        let choices = choices.filter(|choice| with_off || choice.value != NONE);
        arg.value_name("VALUE")
            .value_parser(PossibleValuesParser::new(choices.map(|choice| {
                PossibleValue::new(choice.value.clone()).help(capitalized(&choice.gloss))
            })))
    } else {
        let option = option.clone();
        arg.value_name("TEXT").value_parser(move |text: &str| {
            if option.accepts(&text.into()) {
                Ok(text.to_owned())
            } else {
                Err(format!("it must be {}", option.allowed()))
            }
        })
    }
}

fn negative(option: &OptionSpec) -> String {
    format!("no-{}", option.name)
}

fn flag(name: &str) -> Arg {
    Arg::new(name.to_owned())
        .long(name.to_owned())
        .action(ArgAction::SetTrue)
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

fn new_given(mut matches: ArgMatches, options: &Options) -> New {
    let said = options.list.iter().flat_map(|option| {
        let values: Vec<Value> = match option.kind {
            Kind::Switch => [(true, option.name.clone()), (false, negative(option))]
                .into_iter()
                .filter(|(_, id)| matches.get_flag(id))
                .map(|(on, _)| on.into())
                .collect(),
            Kind::Choice(_) | Kind::Text(_) => {
                word_given(&mut matches, option).into_iter().collect()
            }
        };
        values.into_iter().map(|value| Said {
            option: option.name.clone(),
            value,
            source: Source::CommandLine,
        })
    });
    New {
        said: said.collect(),
        path: matches.remove_one::<OsString>("path").map(PathBuf::from),
        name: matches.remove_one("name"),
        answers: matches.remove_one("answers"),
        yes: matches.get_flag("yes"),
        vcs: matches
            .remove_one::<String>("vcs")
            .and_then(|name| Vcs::ALL.into_iter().find(|vcs| vcs.name() == name)),
        dry_run: matches.get_flag("dry-run"),
        json: matches.get_flag("json"),
        quiet: matches.get_flag("quiet"),
    }
}

fn word_given(matches: &mut ArgMatches, option: &OptionSpec) -> Option<Value> {
    matches.remove_one(&option.name).map(Value::Word)
}

/// Takes back clap's advice to put `--` before an unknown flag of a command: no name, option or shell
/// begins with a dash. Where a short one stands in place of the path, says what a name looks like.
fn explain_dashes(mut error: clap::Error, args: &[OsString]) -> clap::Error {
    let is_dashed = |arg: &OsString| arg.as_encoded_bytes().starts_with(b"-");
    let [_, command, given @ ..] = args else {
        return error;
    };
    if error.kind() != ErrorKind::UnknownArgument || is_dashed(command) {
        return error;
    }
    error.remove(ContextKind::Suggested);
    if let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg)
        && command == "new"
        && !flag.starts_with("--")
        && given.iter().all(is_dashed)
    {
        let name = name::suggest(flag, &|_| false);
        let advice = format!("a project's name begins with a letter, for example `{name}`");
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![advice.into()]),
        );
    }
    error
}

/// Whether a command line that could not be parsed asks for JSON.
#[must_use]
pub fn seems_to_want_json(args: &[OsString]) -> bool {
    let mut flags = args.iter().take_while(|arg| *arg != "--");
    flags.any(|arg| arg == "--json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::options::{self, TAKEN_FLAGS};
    use crate::layers::Layers;

    #[test]
    fn the_command_is_well_formed() {
        command(&Layers::built_in().unwrap().options).debug_assert();
    }

    #[test]
    fn no_option_can_be_called_like_an_argument_of_forge() {
        let command = command(&Options::default());
        for subcommand in ["new", ADD, REMOVE, UPDATE] {
            for arg in command.find_subcommand(subcommand).unwrap().get_arguments() {
                let names = [Some(arg.get_id().as_str()), arg.get_long()];
                for name in names.into_iter().flatten() {
                    assert!(TAKEN_FLAGS.contains(&name), "{name}");
                }
            }
        }
    }

    const MADE_UP: &str = r#"
        [[option]]
        name = "database"
        question = "Which database?"
        gloss = "where data is kept"
        choices = [
            { value = "none", gloss = "nowhere" },
            { value = "sqlite", gloss = "in a file" },
            { value = "postgres", gloss = "on a server" },
        ]
        default = "sqlite"

        [[option]]
        name = "accounts"
        question = "Accounts?"
        gloss = "sign-up and log-in"
        default = false
        needs = ["database"]

        [[option]]
        name = "pool"
        question = "Which pool?"
        gloss = "connections that wait"
        default = "main"
        when = 'database == "postgres"'

        [[option]]
        name = "team"
        question = "Which team?"
        gloss = "who owns the service"
        default = "platform"
        pattern = "[a-z]+"

        [[option]]
        name = "host"
        question = "Which host?"
        gloss = "where it runs"
        choices = [{ value = "here", gloss = "" }, { value = "there", gloss = "" }]
        default = "here"
    "#;

    fn given(line: &str) -> Result<Given, clap::Error> {
        let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        parse(&Options::parse(MADE_UP).unwrap(), &args)
    }

    fn said(line: &str) -> Vec<String> {
        let Ok(Given::New(new)) = given(line) else {
            panic!("`{line}` is not accepted");
        };
        let said = new.said.iter();
        said.map(|said| options::flag(&said.option, &said.value))
            .collect()
    }

    #[test]
    fn choices_and_texts_are_flags_with_values() {
        assert_eq!(
            said("forge new x --team=core --database none --no-accounts"),
            ["--database none", "--no-accounts", "--team core"]
        );
        assert_eq!(said("forge new x --pool="), ["--pool ''"]);
    }

    #[test]
    fn an_answer_that_cannot_be_is_refused_with_what_can() {
        for (line, message) in [
            (
                "--database mysql",
                "[possible values: none, sqlite, postgres]",
            ),
            (
                "--team Core",
                "it must be a line of text that matches `[a-z]+`",
            ),
            ("--team=", "it must be a line of text that matches `[a-z]+`"),
            ("--database", "none, sqlite, postgres"),
            ("--no-database", "unexpected argument '--no-database'"),
        ] {
            let error = given(&format!("forge new x {line}")).unwrap_err();
            assert!(error.to_string().contains(message), "{error}");
            assert_eq!(error.exit_code(), 2);
        }
    }

    #[test]
    fn the_help_says_what_each_answer_means() {
        let mut command = new_command(&Options::parse(MADE_UP).unwrap());
        let help = command.render_long_help().to_string();
        for text in [
            "--database <VALUE>",
            "Where data is kept [default: sqlite]",
            "- postgres: On a server",
            "Sign-up and log-in (needs database)",
            "Connections that wait (where database == \"postgres\") [default: main]",
            "--team <TEXT>",
        ] {
            assert!(help.contains(text), "{text} is not in {help}");
        }
    }

    fn revision(line: &str) -> Revision {
        match given(line) {
            Ok(Given::Update(update)) => update.revision,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_choice_can_be_added_with_its_answer() {
        let added = |value: Option<&str>| ("database".to_owned(), value.map(Value::from));
        assert_eq!(
            revision("forge add database"),
            Revision::Add(vec![added(None)])
        );
        assert_eq!(
            revision("forge add accounts database --database postgres"),
            Revision::Add(vec![("accounts".to_owned(), None), added(Some("postgres"))])
        );
        assert!(given("forge add database --database none").is_err());
        assert!(given("forge add --database postgres").is_err());
    }

    #[test]
    fn only_what_can_be_added_or_removed_is_proposed() {
        let command = command(&Options::parse(MADE_UP).unwrap());
        for (name, expected) in [
            (ADD, &["database", "accounts", "host"][..]),
            (REMOVE, &["database", "accounts"]),
        ] {
            let command = command.find_subcommand(name).unwrap();
            let option = command.get_positionals().next().unwrap();
            let values = option.get_possible_values();
            let shown = values.iter().filter(|value| !value.is_hide_set());
            let shown: Vec<&str> = shown.map(PossibleValue::get_name).collect();
            assert_eq!(shown, expected);
        }
    }

    #[test]
    fn each_option_has_its_flags_in_order() {
        let options = Layers::built_in().unwrap().options;
        let command = new_command(&options);
        let flags: Vec<String> = command
            .get_opts()
            .filter(|arg| arg.get_help_heading() == Some("Project options"))
            .filter_map(|arg| arg.get_long().map(|long| format!("--{long}")))
            .collect();
        let expected: Vec<String> = options
            .list
            .iter()
            .flat_map(|option| match option.kind {
                Kind::Switch => vec![option.flag(true), option.flag(false)],
                _ => vec![format!("--{}", option.name)],
            })
            .collect();
        assert_eq!(flags, expected);
    }

    #[test]
    fn the_manual_has_a_page_for_every_command() {
        let command = command(&Layers::built_in().unwrap().options);
        let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        let man = command.find_subcommand("man").unwrap();
        let page = man.get_positionals().next().unwrap();
        let pages: Vec<String> = page
            .get_possible_values()
            .iter()
            .map(|value| value.get_name().to_owned())
            .collect();
        assert_eq!(names, pages);
    }
}
