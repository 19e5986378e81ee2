//! `forge generate`: files for one item, and the lines that wire them in.

use std::fs;

use crate::forge::{Forge, Run};

fn project() -> Forge {
    let forge = Forge::new();
    forge.run("new shop --yes").exits(0);
    forge
}

fn generate(forge: &Forge, args: &str) -> Run {
    let args = format!("generate {args}");
    forge.in_project("shop", args.split(' '))
}

fn read(forge: &Forge, path: &str) -> String {
    fs::read_to_string(forge.path("shop").join(path)).expect("a file to be read")
}

#[track_caller]
fn edit(forge: &Forge, path: &str, from: &str, to: &str) {
    let text = read(forge, path);
    assert!(text.contains(from), "{from:?} is not in {text}");
    forge.write(&format!("shop/{path}"), &text.replacen(from, to, 1));
}

#[test]
fn what_is_generated_is_wired_in_and_belongs_to_the_user() {
    let forge = project();
    let run = generate(&forge, "task send-report").exits(0);
    assert!(
        run.stdout
            .contains("Updated `shop`: 2 updated, 2 added in "),
        "{run:#?}"
    );
    generate(&forge, "route report").exits(0);
    generate(&forge, "setting page_size").exits(0);
    for (path, line) in [
        ("src/worker/tasks/send_report.rs", "pub struct SendReport;"),
        (
            "src/worker/tasks/mod.rs",
            "pub mod redis_memory;\npub mod send_report;\n",
        ),
        ("src/worker/tasks/mod.rs", "        .with::<SendReport>()\n"),
        (
            "tests/service/worker/send_report.rs",
            "enqueue::<SendReport>",
        ),
        ("tests/service/worker/mod.rs", "\nmod send_report;\n"),
        ("src/routes/report.rs", "path = \"/report\","),
        ("src/routes/mod.rs", "        .merge(report::router())\n"),
        ("tests/service/main.rs", "\nmod report;\n"),
        ("src/settings/mod.rs", "    pub page_size: usize,\n"),
        (
            "src/settings/mod.rs",
            "reader.whole_number(\"PAGE_SIZE\", \"1\", 0..=100),\n",
        ),
        (".env.example", "\nPAGE_SIZE=1\n"),
        (".env", "\nPAGE_SIZE=1\n"),
    ] {
        let text = read(&forge, path);
        assert!(text.contains(line), "{line:?} is not in {path}: {text}");
    }
    // An update has nothing to say about it, and what it brings is merged beside.
    forge.in_project("shop", ["update", "--check"]).exits(0);
    let away = ["remove", "docker", "--allow-dirty"];
    forge.in_project("shop", away).exits(0);
    assert!(read(&forge, "src/routes/mod.rs").contains(".merge(report::router())"));
}

#[test]
fn generators_are_listed_and_belong_to_options() {
    let forge = Forge::new();
    forge.run("new shop --yes --no-worker").exits(0);
    let run = forge.run("generate").exits(0);
    for name in ["route", "setting", "task"] {
        assert!(
            run.stdout.lines().any(|line| line.starts_with(name)),
            "{run:#?}"
        );
    }
    let list = generate(&forge, "--json").exits(0).json();
    assert_eq!(
        list["generators"].as_array().unwrap().len(),
        run.stdout.lines().count()
    );
    generate(&forge, "task report")
        .exits(2)
        .says("`task` belongs to an option that is off in this project")
        .says("help: this project has `route`, `setting`");
    generate(&forge, "tusk report")
        .exits(2)
        .says("there is no generator `tusk`");
    generate(&forge, "route").exits(2).says("<NAME>");
    forge
        .run("generate route report")
        .exits(2)
        .says("is not in a project of forge");
}

#[test]
fn nothing_is_written_where_something_is_or_when_it_is_only_shown() {
    let forge = project();
    let before = forge.files("shop");
    generate(&forge, "task redis-memory")
        .exits(3)
        .says("`src/worker/tasks/redis_memory.rs` is there already");
    for (name, help) in [
        ("Report", "try `report`"),
        ("fn", "try `fn_app`"),
        ("../x", "help: "),
    ] {
        generate(&forge, &format!("route {name}"))
            .exits(2)
            .says(help);
    }
    let shown = generate(&forge, "route report --dry-run").exits(0);
    assert!(
        shown.stdout.contains("+        .merge(report::router())\n"),
        "{shown:#?}"
    );
    let shown = generate(&forge, "route report --dry-run --json")
        .exits(0)
        .json();
    assert_eq!(shown["written"], false);
    assert_eq!(forge.files("shop"), before);

    forge.write("shop/tests/service/report.rs", "// Mine.\n");
    generate(&forge, "route report").exits(3);
    assert!(!forge.path("shop/src/routes/report.rs").exists());
}

#[test]
fn a_file_that_was_formatted_in_another_way_is_wired_all_the_same() {
    let forge = project();
    let routes = read(&forge, "src/routes/mod.rs").replace("    ", "\t");
    forge.write("shop/src/routes/mod.rs", &routes);
    generate(&forge, "route report").exits(0);
    let routes = read(&forge, "src/routes/mod.rs");
    assert!(
        routes.contains("\n\t\t.merge(report::router())\n"),
        "{routes}"
    );
    assert!(routes.contains("\npub mod report;\n"), "{routes}");
}

#[test]
fn lines_whose_place_is_not_found_are_named_and_may_be_added_by_hand() {
    let forge = project();
    forge.write(
        "shop/src/routes/mod.rs",
        "pub mod health;\npub fn api() -> Router { Router::new().fallback(nothing_there) }\n",
    );
    let before = forge.files("shop");
    generate(&forge, "route report")
        .exits(4)
        .says("`src/routes/mod.rs`:\n    pub mod report;\n    .merge(report::router())\n")
        .says("help: add them, then run this again");
    assert_eq!(forge.files("shop"), before);
    edit(
        &forge,
        "src/routes/mod.rs",
        "pub mod",
        "pub mod report;\npub mod",
    );
    edit(
        &forge,
        "src/routes/mod.rs",
        ".fallback",
        "\n.merge(report::router())\n.fallback",
    );
    let mine = read(&forge, "src/routes/mod.rs");
    generate(&forge, "route report").exits(0);
    assert_eq!(read(&forge, "src/routes/mod.rs"), mine);
    assert!(forge.path("shop/src/routes/report.rs").exists());
}

#[test]
fn a_project_of_other_templates_is_updated_first() {
    let forge = project();
    edit(&forge, "forge.toml", "docker = true", "docker = false");
    generate(&forge, "setting page_size")
        .exits(1)
        .says("run `forge update` first");
}

#[test]
fn a_migration_has_the_time_as_its_number_or_the_next_one() {
    let forge = project();
    for name in ["add-orders", "add-items"] {
        generate(&forge, &format!("migration {name}")).exits(0);
    }
    let mut numbers = Vec::new();
    for entry in forge.entries("shop/migrations") {
        let (number, name) = entry.split_once('_').expect("a number and a name");
        if name.starts_with("add_") {
            assert_eq!(number.len(), 14, "{entry}");
            numbers.push(number.to_owned());
            let stem = entry.strip_suffix(".sql").expect("SQL");
            let line = format!("    migration!(\"{stem}\"),\n");
            assert!(read(&forge, "src/database/migrations.rs").contains(&line));
        }
    }
    assert_eq!(numbers.len(), 2);
    assert_ne!(numbers[0], numbers[1]);

    // What is there counts, whatever clock it came from.
    forge.write("shop/migrations/99990101000000_late.sql", "");
    generate(&forge, "migration later").exits(0);
    let later = "shop/migrations/99990101000001_later.sql";
    assert!(forge.path(later).exists());
}

#[test]
fn a_resource_has_a_table_queries_routes_and_tests() {
    let forge = project();
    let fields = "title:string:unique price:integer? in-stock:boolean released_at:timestamp";
    let run = generate(&forge, &format!("resource order-item {fields}")).exits(0);
    assert!(run.stdout.contains("4 updated, 4 added in "), "{run:#?}");
    let migrations = forge.entries("shop/migrations");
    let migration = migrations
        .iter()
        .find(|name| name.ends_with("_order_items.sql"));
    let migration = read(
        &forge,
        &format!("migrations/{}", migration.expect("a migration")),
    );
    for line in [
        "CREATE TABLE order_items (\n    id INTEGER PRIMARY KEY AUTOINCREMENT,\n    title TEXT NOT NULL,\n",
        "    price BIGINT,\n    in_stock BOOLEAN NOT NULL,\n    released_at TIMESTAMP NOT NULL,\n",
        "CREATE UNIQUE INDEX order_items_title ON order_items (title);\n",
    ] {
        assert!(migration.contains(line), "{line:?} is not in {migration}");
    }
    for (path, line) in [
        (
            "src/database/order_items.rs",
            "    pub price: Option<i64>,\n",
        ),
        (
            "src/database/mod.rs",
            "    (\"order_items\", order_items::STATEMENTS),\n",
        ),
        ("src/routes/order_items.rs", "path = \"/order-items/{id}\","),
        (
            "src/routes/order_items.rs",
            "another one has this `title`\";",
        ),
        (
            "src/routes/mod.rs",
            "        .merge(order_items::router())\n",
        ),
        ("tests/service/order_items.rs", "(\"price\", json!(0.5)),"),
        ("tests/service/main.rs", "\nmod order_items;\n"),
    ] {
        let text = read(&forge, path);
        assert!(text.contains(line), "{line:?} is not in {path}: {text}");
    }
    forge.in_project("shop", ["update", "--check"]).exits(0);
    generate(&forge, "resource order-item title:string")
        .exits(3)
        .says("order_items.rs` is there already");
}

#[test]
fn a_resource_that_cannot_be_is_refused() {
    let forge = project();
    let before = forge.files("shop");
    for (what, message) in [
        ("resource product", "no field is named"),
        (
            "resource product id:integer",
            "the field `id` is there anyway",
        ),
        (
            "resource product a:text a:text?",
            "there are two fields `a`",
        ),
        ("resource product a:blob", "`a:blob` has no type"),
        ("resource product order:string", "`order` is a word of SQL"),
        ("resource product fn:string", "it is a Rust keyword"),
        ("resource product a:text:unique", "a text cannot be unique"),
        ("resource value a:string", "`values` is a word of SQL"),
        ("resource json a:string", "`Json` is something else in"),
        ("resource route a:string", "would be called like its folder"),
        (
            "resource twenty_one_characters a:string",
            "has 21 characters",
        ),
        ("route report a:string", "`route` takes no fields"),
        ("task task", "`Task` is something else in"),
    ] {
        generate(&forge, what)
            .exits(2)
            .says(message)
            .says("\nhelp: ");
    }
    let thirteen: Vec<String> = (0..13).map(|number| format!("f{number}:text")).collect();
    generate(&forge, &format!("resource product {}", thirteen.join(" ")))
        .exits(2)
        .says("there are 13 fields");
    generate(&forge, "resource product a:string --dry-run").exits(0);
    assert_eq!(forge.files("shop"), before);
}

#[test]
fn a_resource_brings_what_its_table_depends_on() {
    let forge = Forge::new();
    forge
        .run("new shop --yes --no-examples --no-worker")
        .exits(0);
    assert!(!read(&forge, "Cargo.toml").contains("chrono = "));
    generate(&forge, "resource product title:string")
        .exits(0)
        .says("`Cargo.lock` does not know of it yet");
    let line = "\nchrono = { version = \"0.4";
    assert!(read(&forge, "Cargo.toml").contains(line));

    // A version that the user has chosen before is not doubled.
    forge
        .run("new store --yes --no-examples --no-worker")
        .exits(0);
    let manifest = fs::read_to_string(forge.path("store/Cargo.toml")).expect("a manifest");
    let mine = manifest.replace("[dependencies]\n", "[dependencies]\nchrono = \"=0.4.40\"\n");
    forge.write("store/Cargo.toml", &mine);
    let run = forge.in_project("store", ["generate", "resource", "product", "title:string"]);
    let manifest = fs::read_to_string(forge.path("store/Cargo.toml")).expect("a manifest");
    assert!(
        manifest.parse::<toml::Table>().is_ok(),
        "{run:#?} {manifest}"
    );
    assert!(manifest.contains("=0.4.40"), "{run:#?} {manifest}");
}

/// Numbers that only look random, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1);
        usize::try_from((self.0 >> 33) % end as u64).unwrap()
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn letters(&mut self, count: usize) -> String {
        let mut letter = || char::from(b'a' + u8::try_from(self.below(26)).unwrap());
        (0..count).map(|_| letter()).collect()
    }

    /// A field whose name no other one has that is made with another `number`.
    fn field(&mut self, number: usize, longest: usize) -> String {
        let kind = self.of(&["string", "text", "integer", "float", "boolean", "timestamp"]);
        let letters = self.below(longest - 3);
        let mut field = format!("{}z{number}:{kind}", self.letters(letters));
        if field.starts_with('z') {
            field.insert(0, 'f');
        }
        if self.below(2) == 0 {
            field.push('?');
        }
        if !["text", "float", "boolean"].contains(&kind) && self.below(2) == 0 {
            field.push_str(":unique");
        }
        field
    }

    fn fields(&mut self) -> String {
        let count = 1 + self.below(12);
        let fields: Vec<String> = (0..count).map(|number| self.field(number, 24)).collect();
        fields.join(" ")
    }
}

// The same everywhere, and not every Windows has rustfmt.
#[cfg(unix)]
#[test]
fn resources_of_any_fields_are_formatted() {
    for database in ["sqlite", "postgres"] {
        let forge = Forge::new();
        forge
            .run(&format!("new shop --yes --database {database}"))
            .exits(0);
        let mut random = Random(database.len() as u64);
        for number in 0..40 {
            let letters = random.below(18);
            let name = format!("x{}{}", random.letters(letters), number % 10);
            let fields = random.fields();
            // The same name in another round is refused.
            let run = generate(&forge, &format!("resource {name} {fields}"));
            assert!(matches!(run.code, Some(0 | 3)), "{run:#?}");
        }
        let mut rustfmt = std::process::Command::new("rustfmt");
        rustfmt
            .args(["--check", "--edition", "2024", "src/main.rs", "src/lib.rs"])
            .arg("tests/service/main.rs")
            .current_dir(forge.path("shop"));
        Run::of(&mut rustfmt).exits(0);
    }
}

#[test]
fn twenty_in_a_row_are_all_wired_in_once() {
    let forge = project();
    let mut random = Random(20);
    let mut made = Vec::new();
    while made.len() < 20 {
        let kind = random.of(&["task", "route", "setting", "migration", "resource"]);
        let letters = random.below(12);
        let name = format!("x{}_{}", random.letters(letters), made.len());
        let fields = if kind == "resource" {
            format!(" {}", random.fields())
        } else {
            String::new()
        };
        generate(&forge, &format!("{kind} {name}{fields}")).exits(0);
        made.push((kind, name));
    }
    for (kind, name) in &made {
        let (path, line) = match *kind {
            "task" => ("src/worker/tasks/mod.rs", format!("pub mod {name};\n")),
            "route" => (
                "src/routes/mod.rs",
                format!("        .merge({name}::router())\n"),
            ),
            "setting" => ("src/settings/mod.rs", format!("    pub {name}: usize,\n")),
            "resource" => (
                "src/routes/mod.rs",
                format!("        .merge({name}s::router())\n"),
            ),
            _ => ("src/database/migrations.rs", format!("_{name}\"),\n")),
        };
        assert_eq!(
            read(&forge, path).matches(&line).count(),
            1,
            "{kind} {name}"
        );
    }
    let is_sorted = |path: &str, start: &str| {
        let text = read(&forge, path);
        text.lines()
            .filter(|line| line.starts_with(start))
            .is_sorted()
    };
    assert!(is_sorted("src/routes/mod.rs", "pub mod "));
    assert!(is_sorted("src/worker/tasks/mod.rs", "pub use "));
    assert!(is_sorted("src/database/migrations.rs", "    migration!("));
    forge.in_project("shop", ["update", "--check"]).exits(0);
}

#[test]
fn a_layer_from_outside_brings_generators_of_its_own() {
    let forge = Forge::new();
    forge.mkdir("platform/generators/note/docs/notes");
    forge.write("platform/layer.toml", "");
    let path = "platform/generators/note/docs/notes/__name__.md.tera";
    let template = "# {{ item_words }} of {{ name }}\n\
        {% for field in fields %}\n{{ field.words }}: {{ field.type }} {{ field.rust }}\n{% endfor %}\n";
    forge.write(path, template);
    let manifest = "gloss = 'a note'\nfields = { most = 2, reserved = ['text'] }\n\n[in.'src/lib.rs']\nlayout = '//! - the {{ item_words }}'\n";
    forge.write("platform/generators/note/generator.toml", manifest);
    forge.run("new shop --yes --layer platform").exits(0);
    assert!(!forge.path("shop/generators").exists());
    generate(&forge, "note first-steps text:text")
        .exits(2)
        .says("the field `text` is there anyway");
    generate(&forge, "note first-steps read-at:timestamp? by:string").exits(0);
    assert_eq!(
        read(&forge, "docs/notes/first_steps.md"),
        "# first steps of shop\nread at: timestamp Option<DateTime<Utc>>\nby: string String\n"
    );
    assert!(read(&forge, "src/lib.rs").contains("\n//! - the first steps\n"));

    forge.write(
        "platform/generators/note/generator.toml",
        "glos = 'a note'\n",
    );
    generate(&forge, "note more")
        .exits(2)
        .says("generators/note/generator.toml` line 1");
}
