//! The JSON schema of an answers file, for editors and for programs that fill in answers.
//!
//! It says every rule that Forge enforces: what it accepts, `forge new --answers FILE --yes` accepts
//! as well, and the other way round. Only the folders behind `layers` are not looked into.

use serde_json::{Map, Value, json};

use crate::input::answers_file::{ANSWERS, LAYERS, NAME, VERSION};
use crate::input::condition::{Condition, Test};
use crate::input::name;
use crate::input::options::{Kind, OptionSpec, Options};
use crate::input::value::{self, NONE};

/// A semantic version (<https://semver.org>), with numbers that fit into 64 bits.
const VERSION_PATTERN: &str = "^(?:0|[1-9][0-9]{0,18})(?:[.](?:0|[1-9][0-9]{0,18})){2}\
    (?:-(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)\
    (?:[.](?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*)?\
    (?:[+][0-9a-zA-Z-]+(?:[.][0-9a-zA-Z-]+)*)?$";

/// What has nothing in it that ends a line somewhere, or cannot be seen.
const LINE_PATTERN: &str = "^[^\\x00-\\x1f\\x7f-\\x9f\u{2028}\u{2029}]*$";

/// Describes the answers to these options, in projects that may depend on these crates.
#[must_use]
pub fn of(options: &Options, dependencies: &[&str]) -> Value {
    let mut rules = Rules {
        options,
        definitions: Map::new(),
    };
    let mut answers = Map::new();
    answers.insert(NAME.to_owned(), project_name(dependencies));
    let mut constraints = Vec::new();
    for (index, option) in options.list.iter().enumerate() {
        answers.insert(option.name.clone(), answer(option));
        constraints.extend(rules.needs(index));
        constraints.extend(rules.condition(index));
    }
    let mut table = json!({
        "type": "object",
        "properties": answers,
        "additionalProperties": false,
    });
    if !constraints.is_empty() {
        table["allOf"] = Value::Array(constraints);
    }
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Answers for forge",
        "type": "object",
        "properties": {
            VERSION: {
                "type": "string",
                "description": "The version of forge that wrote the file",
                "pattern": VERSION_PATTERN,
            },
            LAYERS: {
                "type": "array",
                "description": "The folders of layers from outside that the project uses",
                "items": { "type": "string" },
            },
            ANSWERS: table,
        },
        "required": [ANSWERS],
        "additionalProperties": false,
    });
    if !rules.definitions.is_empty() {
        schema["$defs"] = Value::Object(rules.definitions);
    }
    schema
}

fn project_name(dependencies: &[&str]) -> Value {
    // To Rust code, `-` and `_` are the same in the name of a crate.
    let crates: Vec<String> = dependencies
        .iter()
        .map(|name| name.replace(['-', '_'], "[-_]"))
        .collect();
    json!({
        "type": "string",
        "description": "The name of the project; no keyword of Rust, device name of Windows, \
                        directory of cargo or crate that projects depend on",
        "pattern": name::PATTERN,
        "maxLength": name::MAX_LENGTH,
        "not": {
            "anyOf": [
                { "enum": name::taken().collect::<Vec<_>>() },
                { "pattern": format!("^(?:{})$", crates.join("|")) },
            ],
        },
    })
}

fn answer(option: &OptionSpec) -> Value {
    let mut schema = json!({
        "title": option.question,
        "description": option.gloss,
        "default": option.default,
    });
    match &option.kind {
        Kind::Switch => schema["type"] = "boolean".into(),
        Kind::Choice(choices) => {
            schema["type"] = "string".into();
            let choices = choices.iter();
            let choices =
                choices.map(|choice| json!({ "const": choice.value, "description": choice.gloss }));
            schema["oneOf"] = choices.collect();
        }
        Kind::Text(pattern) => {
            schema["type"] = "string".into();
            let mut text = vec![json!({ "pattern": LINE_PATTERN })];
            text.extend(
                pattern
                    .iter()
                    .map(|pattern| json!({ "pattern": pattern.anchored() })),
            );
            let text = all(text);
            schema["anyOf"] = if option.is_conditional() {
                json!([text, { "const": "" }])
            } else {
                json!([text])
            };
        }
    }
    schema
}

/// The rules between options. A key that is absent has the answer that Forge gives it.
struct Rules<'a> {
    options: &'a Options,
    definitions: Map<String, Value>,
}

impl Rules<'_> {
    /// What an option that is said to be on needs is not said to be off.
    fn needs(&self, index: usize) -> Option<Value> {
        let needs = self.options.needs_of(index).into_iter();
        let needs: Map<String, Value> = needs
            .map(|need| {
                let need = &self.options.list[need];
                (need.name.clone(), on(need))
            })
            .collect();
        (!needs.is_empty()).then(|| {
            json!({
                "if": said_on(&self.options.list[index]),
                "then": { "properties": needs },
            })
        })
    }

    /// An option that is said to be on, or needed by one that is, is so only where its condition holds.
    fn condition(&mut self, index: usize) -> Option<Value> {
        let option = &self.options.list[index];
        let when = option.when.as_ref()?;
        Some(json!({
            "if": any(vec![said_on(option), self.is_needed(index)]),
            "then": self.holds(when),
        }))
    }

    fn holds(&mut self, condition: &Condition) -> Value {
        let rules = std::cell::RefCell::new(self);
        condition.schema(|test| rules.borrow_mut().test(test))
    }

    fn test(&mut self, test: &Test) -> Value {
        let Some(index) = self.options.position(test.option()) else {
            return Value::Bool(false);
        };
        match test {
            Test::On(_) => self.is_on(index),
            Test::Is(_, word) => self.is(index, &word.as_str().into()),
        }
    }

    fn is_on(&mut self, index: usize) -> Value {
        self.defined(
            &format!("{}-is-on", self.options.list[index].name),
            |rules| {
                let option = &rules.options.list[index];
                let mut causes = vec![rules.is_needed(index)];
                if option.default.is_on() {
                    causes.push(rules.is_possible(index));
                }
                any(vec![
                    said_on(option),
                    all(vec![absent(option), any(causes)]),
                ])
            },
        )
    }

    /// Whether the answer to an option is this one.
    fn is(&mut self, index: usize, value: &value::Value) -> Value {
        let option = &self.options.list[index];
        let name = &option.name;
        let said = json!({ "properties": { name: { "const": value } }, "required": [name] });
        let needed = self.is_needed(index);
        let possible = self.is_possible(index);
        let [not_needed, not_possible] =
            [&needed, &possible].map(|schema| json!({ "not": schema }));
        let mut causes = Vec::new();
        if option.on() == *value {
            causes.push(needed);
        }
        if option.default == *value {
            causes.push(all(vec![not_needed.clone(), possible]));
        }
        if option.off().as_ref() == Some(value) {
            causes.push(all(vec![not_needed, not_possible]));
        }
        any(vec![said, all(vec![absent(option), any(causes)])])
    }

    /// Whether something that needs an option is said to be on.
    fn is_needed(&self, index: usize) -> Value {
        let needing = (0..self.options.list.len())
            .filter(|&other| self.options.needs_of(other).contains(&index));
        any(needing
            .map(|other| said_on(&self.options.list[other]))
            .collect())
    }

    /// Whether all that an option depends on is there.
    fn is_possible(&mut self, index: usize) -> Value {
        let option = &self.options.list[index];
        if !option.is_conditional() {
            return Value::Bool(true);
        }
        self.defined(&format!("{}-is-possible", option.name), |rules| {
            let needs = option.needs.iter();
            let needs = needs.filter_map(|need| rules.options.position(need));
            let needs: Vec<usize> = needs.collect();
            let mut parts: Vec<Value> = needs.into_iter().map(|need| rules.is_on(need)).collect();
            parts.extend(option.when.as_ref().map(|when| rules.holds(when)));
            all(parts)
        })
    }

    /// A reference to what is defined once.
    fn defined(&mut self, name: &str, schema: impl FnOnce(&mut Self) -> Value) -> Value {
        if !self.definitions.contains_key(name) {
            let schema = schema(self);
            self.definitions.insert(name.to_owned(), schema);
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }
}

fn said_on(option: &OptionSpec) -> Value {
    json!({ "properties": { &option.name: on(option) }, "required": [option.name] })
}

fn absent(option: &OptionSpec) -> Value {
    json!({ "not": { "required": [option.name] } })
}

/// An answer that switches an option on.
fn on(option: &OptionSpec) -> Value {
    match option.kind {
        Kind::Switch => json!({ "const": true }),
        Kind::Choice(_) | Kind::Text(_) => json!({ "not": { "enum": ["", NONE] } }),
    }
}

fn any(mut parts: Vec<Value>) -> Value {
    parts.retain(|part| *part != Value::Bool(false));
    match parts.len() {
        0 => Value::Bool(false),
        1 => parts.remove(0),
        _ if parts.contains(&Value::Bool(true)) => Value::Bool(true),
        _ => json!({ "anyOf": parts }),
    }
}

fn all(mut parts: Vec<Value>) -> Value {
    parts.retain(|part| *part != Value::Bool(true));
    match parts.len() {
        0 => Value::Bool(true),
        1 => parts.remove(0),
        _ if parts.contains(&Value::Bool(false)) => Value::Bool(false),
        _ => json!({ "allOf": parts }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::answers::Draft;
    use crate::input::answers_file::AnswersFile;
    use crate::input::name::ProjectName;
    use crate::layers::{Layers, embedded};

    const MADE_UP: &str = r#"
        [[group]]
        name = "uses"
        question = "What for?"

        [[option]]
        name = "database"
        question = "Which database?"
        gloss = ""
        choices = [
            { value = "none", gloss = "" },
            { value = "sqlite", gloss = "" },
            { value = "postgres", gloss = "" },
        ]
        default = "none"

        [[option]]
        name = "redis"
        question = "Redis?"
        gloss = ""
        default = true

        [[option]]
        name = "cache"
        question = "Cache?"
        gloss = ""
        default = true
        needs = ["redis"]
        group = "uses"

        [[option]]
        name = "rate-limit"
        question = "Limits?"
        gloss = ""
        default = false
        needs = ["redis"]
        group = "uses"

        [[option]]
        name = "accounts"
        question = "Accounts?"
        gloss = ""
        default = false
        needs = ["database", "rate-limit"]

        [[option]]
        name = "replicas"
        question = "Replicas?"
        gloss = ""
        default = true
        when = 'database == "postgres" or database == "sqlite" and not cache'

        [[option]]
        name = "pooler"
        question = "Which pooler?"
        gloss = ""
        choices = [{ value = "none", gloss = "" }, { value = "bouncer", gloss = "" }]
        default = "bouncer"
        needs = ["replicas"]
        when = "not rate-limit or accounts"

        [[option]]
        name = "pool-name"
        question = "What is the pool called?"
        gloss = ""
        default = "main"
        pattern = "[a-z]+(?:-[a-z0-9]+)*"
        when = 'pooler == "bouncer"'

        [[option]]
        name = "team"
        question = "Which team?"
        gloss = ""
        default = ""

        [[option]]
        name = "badge"
        question = "A badge?"
        gloss = ""
        default = true
        when = 'team == "core" or not (pool-name or replicas)'
        needs = ["pooler"]
    "#;

    /// Random numbers that are the same in every run (`SplitMix64`).
    struct Random(u64);

    impl Random {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = self.0;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
        }

        fn one_in(&mut self, count: usize) -> bool {
            self.below(count) == 0
        }

        fn of<T: Clone>(&mut self, items: &[T]) -> T {
            items[self.below(items.len())].clone()
        }

        fn text(&mut self, alphabet: &[&str], length: usize) -> String {
            (0..self.below(length + 1))
                .map(|_| self.of(alphabet))
                .collect()
        }
    }

    fn odd(random: &mut Random) -> Value {
        random.of(&[
            json!(true),
            json!(1),
            json!(-0.5),
            json!("yes"),
            json!("none"),
            json!(""),
            json!([]),
            json!(["a"]),
            json!({}),
            json!({ "a": 1 }),
        ])
    }

    fn name(random: &mut Random, dependencies: &[&str]) -> Value {
        match random.below(8) {
            0 => odd(random),
            1 => random.of(dependencies).replace('-', "_").into(),
            2 => {
                let taken: Vec<String> = name::taken().map(str::to_owned).collect();
                random.of(&taken).into()
            }
            3 => random
                .of(&["Shop", "com10", "é", "a\n", "nul", "my_app", "tokio-util"])
                .into(),
            4 => "a".repeat(45 + random.below(10)).into(),
            _ => random.text(&["a", "z", "b0", "_", "-", "9", "x"], 6).into(),
        }
    }

    fn version(random: &mut Random) -> Value {
        const PARTS: &[&str] = &[
            "0",
            "1",
            "10",
            "01",
            "",
            "x",
            "-",
            "9999999999999999999",
            "10000000000000000000",
            "18446744073709551615",
            "18446744073709551616",
            "1 ",
            "٣",
        ];
        let mut text: Vec<String> = (0..3)
            .map(|_| {
                let end = if random.one_in(4) { PARTS.len() } else { 3 };
                random.of(&PARTS[..end]).to_owned()
            })
            .collect();
        if random.one_in(8) {
            text.pop();
        }
        let mut text = text.join(".");
        for mark in ["-", "+"] {
            if random.one_in(3) {
                text += mark;
                text += &random.text(
                    &[
                        "0",
                        "00",
                        "1",
                        "12345678901234567890123",
                        "a",
                        "-",
                        ".",
                        "0a",
                        "_",
                        "é",
                    ],
                    4,
                );
            }
        }
        if random.one_in(20) {
            odd(random)
        } else {
            text.into()
        }
    }

    fn word(random: &mut Random, option: &OptionSpec) -> Value {
        match &option.kind {
            Kind::Switch => json!(random.one_in(2)),
            Kind::Choice(choices) => random.of(choices).value.into(),
            Kind::Text(_) if !random.one_in(4) => random.of(&["", "core", "a-1"]).into(),
            Kind::Text(_) => random
                .of(&[
                    "",
                    "core",
                    "main",
                    "none",
                    "a-1",
                    "a-",
                    "A",
                    "a\nb",
                    "a\u{2028}",
                    "\u{7f}",
                    "é x",
                    "main\n",
                ])
                .into(),
        }
    }

    fn document(random: &mut Random, options: &Options, dependencies: &[&str]) -> Value {
        let mut answers = Map::new();
        for option in &options.list {
            if random.one_in(3) {
                let value = if random.one_in(40) {
                    odd(random)
                } else {
                    word(random, option)
                };
                answers.insert(option.name.clone(), value);
            }
        }
        if random.one_in(5) {
            answers.insert("name".to_owned(), name(random, dependencies));
        }
        if random.one_in(30) {
            answers.insert(random.text(&["a", "Z", "-", " ", "."], 3), odd(random));
        }
        let mut document = Map::new();
        if !random.one_in(40) {
            let answers = if random.one_in(40) {
                odd(random)
            } else {
                answers.into()
            };
            document.insert("answers".to_owned(), answers);
        }
        if random.one_in(4) {
            document.insert("version".to_owned(), version(random));
        }
        if random.one_in(6) {
            let layers = [
                json!(["../a", "b"]),
                json!([]),
                json!("a"),
                json!(["a", 1]),
                odd(random),
            ];
            document.insert("layers".to_owned(), random.of(&layers));
        }
        if random.one_in(40) {
            document.insert(random.text(&["a", "Z", "-"], 3), odd(random));
        }
        document.into()
    }

    /// A value in TOML, which differs from JSON in objects alone.
    fn toml(value: &Value) -> String {
        let joined = |parts: Vec<String>| parts.join(", ");
        match value {
            Value::Object(entries) => format!("{{ {} }}", joined(lines(entries))),
            Value::Array(items) => format!("[{}]", joined(items.iter().map(toml).collect())),
            // Which allows one more character to stand for itself.
            other => other.to_string().replace('\u{7f}', "\\u007f"),
        }
    }

    fn lines(entries: &Map<String, Value>) -> Vec<String> {
        let entries = entries.iter();
        let lines = entries.map(|(key, value)| format!("{} = {}", json!(key), toml(value)));
        lines.collect()
    }

    fn forge(text: &str, options: &Options) -> Result<(), String> {
        let file = AnswersFile::parse("f.toml", text, options).map_err(|fault| fault.message)?;
        let name = file.name.as_deref().unwrap_or("shop");
        let name = ProjectName::parse(name, embedded::is_dependency)
            .map_err(|bad| bad.on_command_line().message)?;
        let draft = Draft::new(options, &[], file.said).map_err(|fault| fault.message)?;
        draft
            .complete(name)
            .map(drop)
            .map_err(|fault| fault.message)
    }

    /// Holds many random files against Forge and against a validator that knows only the schema.
    fn agree(options: &Options, seed: u64) {
        let dependencies: Vec<&str> = embedded::dependencies().collect();
        let schema = of(options, &dependencies);
        jsonschema::meta::validate(&schema).unwrap();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let mut random = Random(seed);
        let mut counts = [0, 0];
        for _ in 0..4000 {
            let document = document(&mut random, options, &dependencies);
            let text = lines(document.as_object().unwrap()).join("\n");
            let forge = forge(&text, options);
            let valid = validator.is_valid(&document);
            assert_eq!(forge.is_ok(), valid, "{text}\nforge says {forge:?}");
            counts[usize::from(valid)] += 1;
        }
        assert!(counts.iter().all(|&count| count > 500), "{counts:?}");
    }

    #[test]
    fn the_schema_and_forge_agree_on_the_options_of_forge() {
        agree(&Layers::built_in().unwrap().options, 1);
    }

    #[test]
    fn the_schema_and_forge_agree_on_options_of_every_kind() {
        agree(&Options::parse(MADE_UP).unwrap(), 2);
    }

    #[test]
    fn what_an_option_needs_is_part_of_the_schema() {
        let options = Options::parse(
            r"
            [[option]]
            name = 'redis'
            question = 'Use Redis?'
            gloss = ''
            default = true

            [[option]]
            name = 'worker'
            question = 'Add a worker?'
            gloss = ''
            default = true
            needs = ['redis']
            ",
        )
        .unwrap();
        assert_eq!(
            of(&options, &[])["properties"]["answers"]["allOf"],
            json!([{
                "if": { "properties": { "worker": { "const": true } }, "required": ["worker"] },
                "then": { "properties": { "redis": { "const": true } } },
            }])
        );
    }
}
