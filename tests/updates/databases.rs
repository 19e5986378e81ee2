//! A database that comes, becomes another one and goes, in a project that has been worked on.

use std::fs;

use crate::forge::Forge;

const OWN_MIGRATION: &str = "shop/migrations/20270101120000_orders.sql";
const OWN_LINE: &str = "    migration!(\"20270101120000_orders\"),\n";

fn read(forge: &Forge, path: &str) -> String {
    fs::read_to_string(forge.path(path)).expect("a file to be read")
}

/// A project with a migration and a table of its user's.
fn project(database: &str) -> Forge {
    let forge = Forge::new();
    let new = format!("new shop --yes --database {database} --vcs none --quiet");
    forge.run(&new).exits(0);
    forge.write(OWN_MIGRATION, "CREATE TABLE orders (id BIGINT);\n");
    let list = "shop/src/database/migrations.rs";
    let text = read(&forge, list);
    let end = text.find("];\n").expect("the list");
    forge.write(list, &format!("{}{OWN_LINE}{}", &text[..end], &text[end..]));
    forge.write(
        "shop/README.md",
        &read(&forge, "shop/README.md").replace("## Run", "Mine.\n\n## Run"),
    );
    forge
}

fn has_own_work(forge: &Forge) {
    assert!(read(forge, OWN_MIGRATION).contains("orders"));
    assert!(read(forge, "shop/README.md").contains("Mine."));
}

#[test]
fn one_engine_takes_the_place_of_the_other_and_what_the_user_wrote_stays() {
    for (from, to, kind) in [
        ("sqlite", "postgres", "TIMESTAMPTZ"),
        ("postgres", "sqlite", "AUTOINCREMENT"),
    ] {
        let forge = project(from);
        let answers = read(&forge, "shop/forge.toml");
        let changed = answers.replace(&format!("\"{from}\""), &format!("\"{to}\""));
        forge.write("shop/forge.toml", &changed);
        forge.in_project("shop", ["update"]).exits(0);
        has_own_work(&forge);
        assert!(read(&forge, "shop/src/database/migrations.rs").contains(OWN_LINE));
        assert!(read(&forge, "shop/migrations/0001_users.sql").contains(kind));
        for (engine, there) in [(from, false), (to, true)] {
            let path = format!("shop/src/database/{engine}.rs");
            assert_eq!(forge.path(&path).exists(), there, "{path}");
        }
        forge.in_project("shop", ["update", "--check"]).exits(0);
    }
}

#[test]
fn a_database_is_added_to_a_project_that_had_none() {
    for (add, engine) in [
        (&["add", "database"][..], "sqlite"),
        (&["add", "database", "--database", "postgres"], "postgres"),
    ] {
        let forge = Forge::new();
        forge
            .run("new shop --yes --database none --vcs none --quiet")
            .exits(0);
        let routes = "shop/src/routes/mod.rs";
        let text = read(&forge, routes);
        let own = "        .merge(orders::router())\n        .fallback";
        forge.write(routes, &text.replace("        .fallback", own));
        forge.in_project("shop", add).exits(0);
        let text = read(&forge, routes);
        assert!(text.contains("orders::router()") && text.contains("users::router()"));
        let path = format!("shop/src/database/{engine}.rs");
        assert!(forge.path(&path).exists(), "{path}");
    }
}

#[test]
fn without_a_database_the_migrations_of_the_user_stay() {
    for database in ["sqlite", "postgres"] {
        let forge = project(database);
        forge.in_project("shop", ["remove", "database"]);
        has_own_work(&forge);
        assert!(!forge.path("shop/migrations/0001_users.sql").exists());
        assert!(!forge.path("shop/src/database/statement.rs").exists());
        assert!(!read(&forge, "shop/Cargo.toml").contains("sqlx"));
        let settings = read(&forge, "shop/src/settings/mod.rs");
        assert!(!settings.contains("database"));
    }
}

#[test]
fn the_outbox_and_backups_come_with_the_later_of_their_options_and_go_with_either() {
    for (without, option) in [("--no-worker", "worker"), ("--database none", "database")] {
        let forge = Forge::new();
        let new = format!("new shop --yes {without} --vcs none --quiet");
        forge.run(&new).exits(0);
        has_outbox_and_backups(&forge, false);
        forge.in_project("shop", ["add", option]).exits(0);
        has_outbox_and_backups(&forge, true);
        forge.in_project("shop", ["remove", option]).exits(0);
        has_outbox_and_backups(&forge, false);
    }
}

#[test]
fn without_a_worker_the_migrations_of_the_user_stay() {
    for database in ["sqlite", "postgres"] {
        let forge = project(database);
        has_outbox_and_backups(&forge, true);
        forge.in_project("shop", ["remove", "worker"]).exits(0);
        has_own_work(&forge);
        has_outbox_and_backups(&forge, false);
        let list = read(&forge, "shop/src/database/migrations.rs");
        assert!(list.contains(OWN_LINE) && list.contains("0001_users"));
        forge.in_project("shop", ["add", "worker"]).exits(0);
        has_outbox_and_backups(&forge, true);
        let list = read(&forge, "shop/src/database/migrations.rs");
        assert!(list.contains(OWN_LINE) && list.contains("0002_outbox"));
    }
}

/// Whether its removal leaves a database that the service refuses is nothing that Forge can see.
#[test]
fn what_goes_with_a_migration_that_may_have_run_is_said() {
    let forge = project("sqlite");
    forge
        .in_project("shop", ["remove", "examples"])
        .exits(0)
        .says("`migrations/0001_users.sql` has run is refused");
    let answers = read(&forge, "shop/forge.toml");
    forge.write(
        "shop/forge.toml",
        &answers.replace("worker = true", "worker = false"),
    );
    forge
        .in_project("shop", ["update"])
        .exits(0)
        .says("`migrations/0002_outbox.sql` has run is refused");
    let said = project("sqlite").in_project("shop", ["remove", "database"]);
    assert!(!said.exits(0).stderr.contains("has run"));
}

fn has_outbox_and_backups(forge: &Forge, there: bool) {
    for path in [
        "shop/migrations/0002_outbox.sql",
        "shop/src/database/backup.rs",
        "shop/src/database/outbox.rs",
        "shop/src/worker/outbox.rs",
        "shop/src/worker/tasks/backup_database.rs",
    ] {
        assert_eq!(forge.path(path).exists(), there, "{path}");
    }
    let state = read(forge, "shop/src/state.rs");
    assert_eq!(state.contains("pub outbox:"), there, "{state}");
}
