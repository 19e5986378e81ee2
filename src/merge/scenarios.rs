//! Merging as a table: the three sides of a file, and what becomes of it.

use std::borrow::Cow;

use super::*;
use crate::plan::PlannedFile;

/// A side of a text file; None where there is no file.
type Side = Option<&'static str>;

struct Scenario {
    name: &'static str,
    path: &'static str,
    base: Side,
    ours: Side,
    theirs: Side,
    outcome: Outcome,
    result: Side,
}

/// One scenario: name, path, base, ours, theirs, outcome, result.
const fn s(
    name: &'static str,
    path: &'static str,
    [base, ours, theirs]: [Side; 3],
    outcome: Outcome,
    result: Side,
) -> Scenario {
    Scenario {
        name,
        path,
        base,
        ours,
        theirs,
        outcome,
        result,
    }
}

use Outcome::{Added, Blocked, Conflict, Kept, Merged, Removed, Unchanged, Updated};

const SCENARIOS: &[Scenario] = &[
    // Whole files.
    s(
        "nothing has changed",
        "f",
        [Some("a\n"), Some("a\n"), Some("a\n")],
        Unchanged,
        Some("a\n"),
    ),
    s(
        "only ours has changed",
        "f",
        [Some("a\n"), Some("b\n"), Some("a\n")],
        Unchanged,
        Some("b\n"),
    ),
    s(
        "only theirs has changed",
        "f",
        [Some("a\n"), Some("a\n"), Some("b\n")],
        Updated,
        Some("b\n"),
    ),
    s(
        "both have changed alike",
        "f",
        [Some("a\n"), Some("b\n"), Some("b\n")],
        Unchanged,
        Some("b\n"),
    ),
    s(
        "a new file",
        "f",
        [None, None, Some("a\n")],
        Added,
        Some("a\n"),
    ),
    s(
        "a new file that is there already",
        "f",
        [None, Some("a\n"), Some("a\n")],
        Unchanged,
        Some("a\n"),
    ),
    s(
        "a new file where the user has another",
        "f",
        [None, Some("mine\n"), Some("a\n")],
        Conflict,
        Some("<<<<<<< yours\nmine\n=======\na\n>>>>>>> new\n"),
    ),
    s(
        "deleted by the user",
        "f",
        [Some("a\n"), None, Some("a\n")],
        Unchanged,
        None,
    ),
    s(
        "deleted by the user, changed by us",
        "f",
        [Some("a\n"), None, Some("b\n")],
        Kept,
        None,
    ),
    s(
        "no longer rendered",
        "f",
        [Some("a\n"), Some("a\n"), None],
        Removed,
        None,
    ),
    s(
        "no longer rendered, changed by the user",
        "f",
        [Some("a\n"), Some("b\n"), None],
        Kept,
        Some("b\n"),
    ),
    s(
        "emptied by the user",
        "f",
        [Some("a\n"), Some(""), Some("a\n")],
        Unchanged,
        Some(""),
    ),
    s(
        "emptied by us",
        "f",
        [Some("a\n"), Some("a\n"), Some("")],
        Updated,
        Some(""),
    ),
    s(
        "filled by both from nothing, alike",
        "f",
        [Some(""), Some("a\n"), Some("a\n")],
        Unchanged,
        Some("a\n"),
    ),
    // Lines.
    s(
        "changes apart",
        "f",
        [Some("a\nb\nc\n"), Some("A\nb\nc\n"), Some("a\nb\nC\n")],
        Merged,
        Some("A\nb\nC\n"),
    ),
    s(
        "insertions apart",
        "f",
        [Some("a\nb\n"), Some("0\na\nb\n"), Some("a\nb\nc\n")],
        Merged,
        Some("0\na\nb\nc\n"),
    ),
    s(
        "a deletion and a change apart",
        "f",
        [
            Some("a\nb\nc\nd\n"),
            Some("a\nc\nd\n"),
            Some("a\nb\nc\nD\n"),
        ],
        Merged,
        Some("a\nc\nD\n"),
    ),
    s(
        "the same line",
        "f",
        [Some("a\nb\nc\n"), Some("a\nX\nc\n"), Some("a\nY\nc\n")],
        Conflict,
        Some("a\n<<<<<<< yours\nX\n||||||| old\nb\n=======\nY\n>>>>>>> new\nc\n"),
    ),
    s(
        "lines that touch",
        "f",
        [Some("a\nb\nc\n"), Some("A\nb\nc\n"), Some("a\nB\nc\n")],
        Conflict,
        Some("<<<<<<< yours\nA\nb\n||||||| old\na\nb\n=======\na\nB\n>>>>>>> new\nc\n"),
    ),
    s(
        "a line that is changed and deleted",
        "f",
        [Some("a\nb\nc\n"), Some("a\nX\nc\n"), Some("a\nc\n")],
        Conflict,
        Some("a\n<<<<<<< yours\nX\n||||||| old\nb\n=======\n>>>>>>> new\nc\n"),
    ),
    s(
        "one change of both and one of theirs",
        "f",
        [
            Some("a\nb\nc\nd\n"),
            Some("X\nb\nc\nd\n"),
            Some("X\nb\nc\nD\n"),
        ],
        Merged,
        Some("X\nb\nc\nD\n"),
    ),
    s(
        "two conflicts",
        "f",
        [Some("a\nb\nc\n"), Some("A\nb\nC\n"), Some("1\nb\n3\n")],
        Conflict,
        Some(
            "<<<<<<< yours\nA\n||||||| old\na\n=======\n1\n>>>>>>> new\nb\n<<<<<<< yours\nC\n||||||| old\nc\n=======\n3\n>>>>>>> new\n",
        ),
    ),
    s(
        "what both have alike is not in the conflict",
        "f",
        [Some("a\n"), Some("x\nmine\ny\n"), Some("x\nnew\ny\n")],
        Conflict,
        Some("x\n<<<<<<< yours\nmine\n||||||| old\na\n=======\nnew\n>>>>>>> new\ny\n"),
    ),
    s(
        "insertions at the same place of a file that is no list",
        "f",
        [Some("a\nb\n"), Some("a\nmine\nb\n"), Some("a\nnew\nb\n")],
        Conflict,
        Some("a\n<<<<<<< yours\nmine\n||||||| old\n=======\nnew\n>>>>>>> new\nb\n"),
    ),
    s(
        "code that the user has moved within a file and we have changed",
        "f.rs",
        [
            Some("a\nb\nc\nd\n"),
            Some("c\nd\na\nb\n"),
            Some("a\nB\nc\nd\n"),
        ],
        Conflict,
        Some("c\nd\na\n<<<<<<< yours\nb\n||||||| old\nb\nc\nd\n=======\nB\nc\nd\n>>>>>>> new\n"),
    ),
    // Line breaks.
    s(
        "a file of Windows, untouched",
        "f",
        [Some("a\nb\n"), Some("a\r\nb\r\n"), Some("a\nc\n")],
        Updated,
        Some("a\r\nc\r\n"),
    ),
    s(
        "a file of Windows and no news",
        "f",
        [Some("a\nb\n"), Some("a\r\nb\r\n"), Some("a\nb\n")],
        Unchanged,
        Some("a\r\nb\r\n"),
    ),
    s(
        "a file of Windows that is as rendered now",
        "f",
        [Some("a\n"), Some("b\r\n"), Some("b\n")],
        Unchanged,
        Some("b\r\n"),
    ),
    s(
        "a file of Windows, merged",
        "f",
        [
            Some("a\nb\nc\n"),
            Some("A\r\nb\r\nc\r\n"),
            Some("a\nb\nC\n"),
        ],
        Merged,
        Some("A\r\nb\r\nC\r\n"),
    ),
    s(
        "a file of Windows with a conflict",
        "f",
        [Some("a\n"), Some("A\r\n"), Some("B\n")],
        Conflict,
        Some("<<<<<<< yours\r\nA\r\n||||||| old\r\na\r\n=======\r\nB\r\n>>>>>>> new\r\n"),
    ),
    s(
        "a file of Windows, no longer rendered",
        "f",
        [Some("a\n"), Some("a\r\n"), None],
        Removed,
        None,
    ),
    s(
        "line breaks of two kinds are part of their lines",
        "f",
        [Some("a\nb\nc\n"), Some("a\r\nb\nc\n"), Some("a\nb\nC\n")],
        Merged,
        Some("a\r\nb\nC\n"),
    ),
    // The end of the file.
    s(
        "a line break taken off the end",
        "f",
        [Some("a\nb\n"), Some("a\nb"), Some("A\nb\n")],
        Merged,
        Some("A\nb"),
    ),
    s(
        "lines added where the user took a line break off",
        "f",
        [Some("a\n"), Some("a"), Some("a\nb\n")],
        Merged,
        Some("a\nb"),
    ),
    s(
        "a line break that we add to the end",
        "f",
        [Some("a\nb"), Some("A\nb"), Some("a\nb\n")],
        Merged,
        Some("A\nb\n"),
    ),
    s(
        "a conflict at an end without a line break",
        "f",
        [Some("a"), Some("A"), Some("B")],
        Conflict,
        Some("<<<<<<< yours\nA\n||||||| old\na\n=======\nB\n>>>>>>> new\n"),
    ),
    // Lists.
    s(
        "modules beside each other stay sorted",
        "src/lib.rs",
        [
            Some("mod a;\nmod z;\n"),
            Some("mod a;\nmod orders;\nmod z;\n"),
            Some("mod a;\nmod cache;\nmod z;\n"),
        ],
        Merged,
        Some("mod a;\nmod cache;\nmod orders;\nmod z;\n"),
    ),
    s(
        "routes beside each other",
        "src/routes/mod.rs",
        [
            Some("    Router::new()\n        .fallback(f)\n"),
            Some("    Router::new()\n        .merge(orders::router())\n        .fallback(f)\n"),
            Some("    Router::new()\n        .merge(cache::router())\n        .fallback(f)\n"),
        ],
        Merged,
        Some(
            "    Router::new()\n        .merge(orders::router())\n        .merge(cache::router())\n        .fallback(f)\n",
        ),
    ),
    s(
        "fields beside each other",
        "src/state.rs",
        [
            Some("struct A {\n}\n"),
            Some("struct A {\n    /// Mine.\n    pub pool: Pool,\n}\n"),
            Some("struct A {\n    /// New.\n    pub redis: Redis,\n}\n"),
        ],
        Merged,
        Some(
            "struct A {\n    /// Mine.\n    pub pool: Pool,\n    /// New.\n    pub redis: Redis,\n}\n",
        ),
    ),
    s(
        "a module that the user has added as well",
        "src/lib.rs",
        [
            Some("mod a;\n"),
            Some("mod a;\nmod mine;\nmod redis;\n"),
            Some("mod a;\nmod redis;\n"),
        ],
        Unchanged,
        Some("mod a;\nmod mine;\nmod redis;\n"),
    ),
    s(
        "a module beside one that is taken out",
        "src/lib.rs",
        [
            Some("mod a;\nmod redis;\n"),
            Some("mod a;\nmod mine;\nmod redis;\n"),
            Some("mod a;\n"),
        ],
        Merged,
        Some("mod a;\nmod mine;\n"),
    ),
    s(
        "statements at the same place are no list",
        "src/main.rs",
        [
            Some("fn f() {\n}\n"),
            Some("fn f() {\n    mine();\n}\n"),
            Some("fn f() {\n    new();\n}\n"),
        ],
        Conflict,
        Some(
            "fn f() {\n<<<<<<< yours\n    mine();\n||||||| old\n=======\n    new();\n>>>>>>> new\n}\n",
        ),
    ),
    s(
        "patterns at the same place",
        ".gitignore",
        [
            Some("/target\n"),
            Some("/target\n/data\n"),
            Some("/target\n.env\n"),
        ],
        Merged,
        Some("/target\n/data\n.env\n"),
    ),
    s(
        "the same pattern among others",
        ".gitignore",
        [
            Some("/target\n"),
            Some("/target\n/data\n.env\n"),
            Some("/target\n.env\n"),
        ],
        Unchanged,
        Some("/target\n/data\n.env\n"),
    ),
    s(
        "settings of which some are new",
        ".env.example",
        [
            Some("A=1\n"),
            Some("A=1\n\n# B.\nB=1\n\n# Mine.\nM=1\n"),
            Some("A=1\n\n# B.\nB=1\n\n# C.\nC=1\n"),
        ],
        Merged,
        Some("A=1\n\n# B.\nB=1\n\n# Mine.\nM=1\n\n# C.\nC=1\n"),
    ),
    s(
        "one setting with two values",
        ".env.example",
        [Some("A=1\n"), Some("A=1\nB=1\n"), Some("A=1\nB=2\n")],
        Conflict,
        Some("A=1\n<<<<<<< yours\nB=1\n||||||| old\n=======\nB=2\n>>>>>>> new\n"),
    ),
    s(
        "paragraphs at the same place",
        "README.md",
        [Some("# A\n"), Some("# A\n\nMine.\n"), Some("# A\n\nNew.\n")],
        Merged,
        Some("# A\n\nMine.\n\nNew.\n"),
    ),
    s(
        "a paragraph that the user has already",
        "README.md",
        [
            Some("# A\n"),
            Some("# A\n\nMine.\n\nNew.\n"),
            Some("# A\n\nNew.\n"),
        ],
        Unchanged,
        Some("# A\n\nMine.\n\nNew.\n"),
    ),
    s(
        "services beside each other",
        "docker-compose.yml",
        [
            Some("services:\n  app:\n    build: .\n\nnetworks:\n  n:\n"),
            Some("services:\n  app:\n    build: .\n\n  mail:\n    image: m\n\nnetworks:\n  n:\n"),
            Some("services:\n  app:\n    build: .\n\n  redis:\n    image: r\n\nnetworks:\n  n:\n"),
        ],
        Merged,
        Some(
            "services:\n  app:\n    build: .\n\n  mail:\n    image: m\n\n  redis:\n    image: r\n\nnetworks:\n  n:\n",
        ),
    ),
    s(
        "a key of one service and a service after it",
        "docker-compose.yml",
        [
            Some("services:\n  app:\n    build: .\n"),
            Some("services:\n  app:\n    build: .\n    labels: x\n"),
            Some("services:\n  app:\n    build: .\n  redis:\n    image: r\n"),
        ],
        Merged,
        Some("services:\n  app:\n    build: .\n    labels: x\n  redis:\n    image: r\n"),
    ),
    s(
        "two services of one name",
        "docker-compose.yml",
        [
            Some("services:\n"),
            Some("services:\n  redis:\n    image: mine\n"),
            Some("services:\n  redis:\n    image: r\n"),
        ],
        Conflict,
        Some(
            "services:\n  redis:\n<<<<<<< yours\n    image: mine\n||||||| old\n=======\n    image: r\n>>>>>>> new\n",
        ),
    ),
    s(
        "a service that the user has elsewhere already",
        "docker-compose.yml",
        [
            Some("services:\n  app:\n    image: a\n"),
            Some("services:\n  redis:\n    image: mine\n  app:\n    image: a\n"),
            Some("services:\n  app:\n    image: a\n  redis:\n    image: r\n"),
        ],
        Conflict,
        Some(
            "services:\n<<<<<<< yours\n  redis:\n    image: mine\n=======\n>>>>>>> new\n  app:\n    image: a\n<<<<<<< yours\n=======\n  redis:\n    image: r\n>>>>>>> new\n",
        ),
    ),
    s(
        "a volume in a list that goes as a whole",
        "docker-compose.yml",
        [
            Some("networks:\n  n:\n\nvolumes:\n  redis:\n"),
            Some("networks:\n  n:\n\nvolumes:\n  redis:\n  pg:\n"),
            Some("networks:\n  n:\n"),
        ],
        Conflict,
        Some(
            "networks:\n  n:\n<<<<<<< yours\n\nvolumes:\n  redis:\n  pg:\n||||||| old\n\nvolumes:\n  redis:\n=======\n>>>>>>> new\n",
        ),
    ),
    s(
        "a key of a service that goes",
        "docker-compose.yml",
        [
            Some("services:\n  app:\n    build: .\n\n  redis:\n    image: r\n"),
            Some(
                "services:\n  app:\n    build: .\n\n  redis:\n    image: r\n    labels:\n      - mine\n",
            ),
            Some("services:\n  app:\n    build: .\n"),
        ],
        Conflict,
        Some(
            "services:\n  app:\n    build: .\n<<<<<<< yours\n\n  redis:\n    image: r\n    labels:\n      - mine\n||||||| old\n\n  redis:\n    image: r\n=======\n>>>>>>> new\n",
        ),
    ),
    s(
        "a key of a service that the user has taken out",
        "docker-compose.yml",
        [
            Some("services:\n  app:\n    build: .\n  redis:\n    image: r\n"),
            Some("services:\n  app:\n    build: .\n"),
            Some("services:\n  app:\n    build: .\n  redis:\n    image: r\n    cpus: 1\n"),
        ],
        Conflict,
        Some(
            "services:\n  app:\n    build: .\n<<<<<<< yours\n||||||| old\n  redis:\n    image: r\n=======\n  redis:\n    image: r\n    cpus: 1\n>>>>>>> new\n",
        ),
    ),
    s(
        "an item of a list that goes and is indented as its key",
        "ci.yml",
        [
            Some("on: x\nsteps:\n- a\n"),
            Some("on: x\nsteps:\n- a\n- mine\n"),
            Some("on: x\n"),
        ],
        Conflict,
        Some(
            "on: x\n<<<<<<< yours\nsteps:\n- a\n- mine\n||||||| old\nsteps:\n- a\n=======\n>>>>>>> new\n",
        ),
    ),
    s(
        "a service and an item after ones that go",
        "docker-compose.yml",
        [
            Some(
                "services:\n  app:\n    ports:\n      - a\n      - b\n    cpus: 1\n  redis:\n    image: r\n",
            ),
            Some(
                "services:\n  app:\n    ports:\n      - a\n      - b\n      - mine\n    cpus: 1\n  redis:\n    image: r\n  mail:\n    image: m\n",
            ),
            Some("services:\n  app:\n    ports:\n      - a\n    cpus: 1\n"),
        ],
        Merged,
        Some(
            "services:\n  app:\n    ports:\n      - a\n      - mine\n    cpus: 1\n  mail:\n    image: m\n",
        ),
    ),
    s(
        "keys that are the same in different items and services",
        "docker-compose.yml",
        [
            Some(
                "services:\n  app:\n    ports:\n      - name: x\n      - name: y\n    image: a\n  db:\n    image: a\n",
            ),
            Some(
                "services:\n  app:\n    ports:\n      - name: x\n      - name: z\n    image: a\n  db:\n    image: a\n",
            ),
            Some(
                "services:\n  app:\n    ports:\n      - name: x\n      - name: y\n    image: a\n  db:\n    image: b\n",
            ),
        ],
        Merged,
        Some(
            "services:\n  app:\n    ports:\n      - name: x\n      - name: z\n    image: a\n  db:\n    image: b\n",
        ),
    ),
    s(
        "a setting that the user has elsewhere already",
        ".env.example",
        [
            Some("A=1\nC=1\n"),
            Some("B=mine\nA=1\nC=1\n"),
            Some("A=1\nC=1\nB=1\n"),
        ],
        Conflict,
        Some(
            "<<<<<<< yours\nB=mine\n=======\n>>>>>>> new\nA=1\nC=1\n<<<<<<< yours\n=======\nB=1\n>>>>>>> new\n",
        ),
    ),
    // Manifests.
    s(
        "dependencies beside each other",
        "Cargo.toml",
        [
            Some("[dependencies]\naxum = \"1\"\ntokio = \"1\"\n"),
            Some("[dependencies]\naxum = \"1\"\nsqlx = \"1\"\ntokio = \"1\"\n"),
            Some("[dependencies]\naxum = \"1\"\nredis = \"1\"\ntokio = \"1\"\n"),
        ],
        Merged,
        Some("[dependencies]\naxum = \"1\"\nredis = \"1\"\nsqlx = \"1\"\ntokio = \"1\"\n"),
    ),
    s(
        "a dependency beside one that the user has raised",
        "Cargo.toml",
        [
            Some("[dependencies]\naxum = \"1\"\ntokio = \"1\"\n"),
            Some("[dependencies]\naxum = \"2\"\ntokio = \"1\"\n"),
            Some("[dependencies]\naxum = \"1\"\nredis = \"1\"\ntokio = \"1\"\n"),
        ],
        Merged,
        Some("[dependencies]\naxum = \"2\"\nredis = \"1\"\ntokio = \"1\"\n"),
    ),
    s(
        "a version that the user has raised further than we",
        "Cargo.toml",
        [
            Some("[dependencies]\na = \"1.0\"\n"),
            Some("[dependencies]\na = \"1.9\"\n"),
            Some("[dependencies]\na = \"1.2\"\n"),
        ],
        Unchanged,
        Some("[dependencies]\na = \"1.9\"\n"),
    ),
    s(
        "features of one dependency from both sides",
        "Cargo.toml",
        [
            Some("[dependencies]\na = { version = \"1\", features = [\"x\"] }\n"),
            Some("[dependencies]\na = { version = \"1\", features = [\"x\", \"mine\"] }\n"),
            Some("[dependencies]\na = { version = \"1\", features = [\"x\", \"new\"] }\n"),
        ],
        Merged,
        Some("[dependencies]\na = { version = \"1\", features = [\"x\", \"mine\", \"new\"] }\n"),
    ),
    s(
        "a dependency that the user has elsewhere already",
        "Cargo.toml",
        [
            Some("[dependencies]\naxum = \"1\"\nb = \"1\"\nc = \"1\"\ntokio = \"1\"\n"),
            Some(
                "[dependencies]\nredis = \"1\"\naxum = \"1\"\nb = \"1\"\nc = \"1\"\ntokio = \"1\"\n",
            ),
            Some(
                "[dependencies]\naxum = \"1\"\nb = \"1\"\nc = \"1\"\nredis = { version = \"1\", features = [\"aio\"] }\ntokio = \"1\"\n",
            ),
        ],
        Merged,
        Some(
            "[dependencies]\nredis = { version = \"1\", features = [\"aio\"] }\naxum = \"1\"\nb = \"1\"\nc = \"1\"\ntokio = \"1\"\n",
        ),
    ),
    s(
        "a manifest of Windows with features from both sides",
        "Cargo.toml",
        [
            Some("[dependencies]\na = { version = \"1\", features = [\"x\"] }\n"),
            Some("[dependencies]\r\na = { version = \"1\", features = [\"x\", \"mine\"] }\r\n"),
            Some("[dependencies]\na = { version = \"1\", features = [\"x\", \"new\"] }\n"),
        ],
        Merged,
        Some(
            "[dependencies]\r\na = { version = \"1\", features = [\"x\", \"mine\", \"new\"] }\r\n",
        ),
    ),
    s(
        "a key in a table that goes",
        "Cargo.toml",
        [
            Some("[features]\na = []\n\n[profile.dev]\ndebug = 1\n"),
            Some("[features]\na = []\n\n[profile.dev]\ndebug = 1\nopt-level = 1\n"),
            Some("[features]\na = []\n"),
        ],
        Merged,
        Some("[features]\na = []\n\n[profile.dev]\nopt-level = 1\n"),
    ),
    s(
        "a manifest that the user has broken",
        "Cargo.toml",
        [
            Some("[package]\na = 1\n"),
            Some("[package\na = 2\n"),
            Some("[package]\na = 3\n"),
        ],
        Conflict,
        Some(
            "<<<<<<< yours\n[package\na = 2\n||||||| old\n[package]\na = 1\n=======\n[package]\na = 3\n>>>>>>> new\n",
        ),
    ),
    // Files with rules of their own.
    s(
        "settings of the user, untouched",
        ".env",
        [Some("A=1\n"), Some("A=1\n"), Some("A=1\n\n# B.\nB=2\n")],
        Updated,
        Some("A=1\n\n# B.\nB=2\n"),
    ),
    s(
        "settings of the user, changed",
        ".env",
        [
            Some("A=1\n"),
            Some("A=secret\n"),
            Some("# A.\nA=3\n\n# B.\nB=2\n"),
        ],
        Merged,
        Some("A=secret\n\n# B.\nB=2\n"),
    ),
    s(
        "settings of the user without a line break at the end",
        ".env",
        [Some("A=1\n"), Some("A=secret"), Some("A=1\nB=2\n")],
        Merged,
        Some("A=secret\n\nB=2\n"),
    ),
    s(
        "a variable that the user has set already",
        ".env",
        [
            Some("A=1\n"),
            Some("A=1\nexport B=mine\n"),
            Some("A=1\n# B.\nB=2\n"),
        ],
        Kept,
        Some("A=1\nexport B=mine\n"),
    ),
    s(
        "a variable that the user has taken out",
        ".env",
        [Some("A=1\nB=2\n"), Some("A=1\n"), Some("A=1\nB=3\n")],
        Kept,
        Some("A=1\n"),
    ),
    s(
        "variables of an option that goes",
        ".env",
        [Some("A=1\nB=2\n"), Some("A=mine\nB=2\n"), Some("A=1\n")],
        Kept,
        Some("A=mine\nB=2\n"),
    ),
    s(
        "settings that were never there",
        ".env",
        [Some("A=1\n"), None, Some("B=2\n")],
        Kept,
        None,
    ),
    s(
        "a lock file as rendered",
        "Cargo.lock",
        [Some("a\n"), Some("a\n"), Some("b\n")],
        Updated,
        Some("b\n"),
    ),
    s(
        "a lock file that cargo has changed",
        "Cargo.lock",
        [Some("a\n"), Some("mine\n"), Some("b\n")],
        Kept,
        Some("mine\n"),
    ),
    s(
        "answers are set, and the comments of the user stay",
        "forge.toml",
        [
            Some("version = \"1\"\n[answers]\nredis = false\n"),
            Some("version = \"1\"\n[answers]\n# Because.\nredis = true\n"),
            Some("version = \"2\"\n[answers]\nredis = true\nworker = false\n"),
        ],
        Merged,
        Some("version = \"2\"\n[answers]\n# Because.\nredis = true\nworker = false\n"),
    ),
];

fn labels() -> Labels {
    Labels {
        base: "old".to_owned(),
        theirs: "new".to_owned(),
    }
}

fn record(files: &[(&str, &[u8])]) -> Record {
    let files = files.iter().map(|(path, bytes)| {
        let pristine = Pristine {
            hash: record::hash(bytes),
            bytes: (*path != lockfile::PATH).then(|| bytes.to_vec()),
        };
        ((*path).to_owned(), pristine)
    });
    Record {
        files: files.collect(),
        ..Record::default()
    }
}

fn plan(files: &[(&str, &'static [u8])]) -> Plan<'static> {
    let files = files.iter().map(|(path, bytes)| {
        let file = PlannedFile {
            layer: "base",
            bytes: Cow::Borrowed(*bytes),
        };
        ((*path).to_owned(), file)
    });
    Plan {
        files: files.collect(),
    }
}

fn tree(entries: &[(&str, Entry)], others: &[(&str, &[u8])]) -> Tree {
    let others = others.iter();
    Tree {
        entries: entries
            .iter()
            .map(|(path, entry)| ((*path).to_owned(), entry.clone()))
            .collect(),
        others: others
            .map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec()))
            .collect(),
    }
}

fn file(bytes: &[u8]) -> Entry {
    Entry::File(bytes.to_vec())
}

/// The changes in short: path, outcome and what the file holds afterwards.
fn short(changes: &[Change]) -> Vec<(&str, Outcome, Option<String>)> {
    let changes = changes.iter();
    changes
        .map(|change| {
            let after = change.after.as_deref().map(String::from_utf8_lossy);
            (
                change.path.as_str(),
                change.outcome,
                after.map(Cow::into_owned),
            )
        })
        .collect()
}

#[test]
fn the_table_holds() {
    assert!(SCENARIOS.len() >= 40);
    for scenario in SCENARIOS {
        let path = scenario.path;
        let side = |side: Side| -> Vec<(&'static str, &'static [u8])> {
            side.into_iter()
                .map(|text| (path, text.as_bytes()))
                .collect()
        };
        let entries = side(scenario.ours).into_iter();
        let entries: Vec<_> = entries.map(|(path, bytes)| (path, file(bytes))).collect();
        let changes = merge(
            Some(&record(&side(scenario.base))),
            &tree(&entries, &[]),
            &plan(&side(scenario.theirs)),
            &labels(),
        );
        let expected = (path, scenario.outcome, scenario.result.map(str::to_owned));
        assert_eq!(short(&changes), [expected], "{}", scenario.name);
        let again = merge(
            Some(&record(&side(scenario.theirs))),
            &tree(
                &scenario
                    .result
                    .map(|text| (path, file(text.as_bytes())))
                    .into_iter()
                    .collect::<Vec<_>>(),
                &[],
            ),
            &plan(&side(scenario.theirs)),
            &labels(),
        );
        assert!(
            again.iter().all(|change| !change.writes()),
            "again: {}",
            scenario.name
        );
    }
}

#[test]
fn without_a_record_whatever_differs_is_a_conflict_and_stays() {
    let theirs: [(&str, &[u8]); 5] = [
        ("Cargo.toml", b"[package]\nname = \"a\"\nversion = \"2\"\n"),
        ("deleted", b"new\n"),
        ("differs", b"a\nnew\nc\n"),
        ("new", b"x\n"),
        ("same", b"x\n"),
    ];
    let entries = [
        (
            "Cargo.toml",
            file(b"[package]\nname = \"a\"\nversion = \"1\"\n"),
        ),
        ("differs", file(b"a\nmine\nc\n")),
        ("same", file(b"x\n")),
    ];
    let changes = merge(None, &tree(&entries, &[]), &plan(&theirs), &labels());
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        short(&changes),
        [
            (
                "Cargo.toml",
                Conflict,
                text(
                    "[package]\nname = \"a\"\n<<<<<<< yours\nversion = \"1\"\n=======\nversion = \"2\"\n>>>>>>> new\n"
                )
            ),
            ("deleted", Added, text("new\n")),
            (
                "differs",
                Conflict,
                text("a\n<<<<<<< yours\nmine\n=======\nnew\n>>>>>>> new\nc\n")
            ),
            ("new", Added, text("x\n")),
            ("same", Unchanged, text("x\n")),
        ]
    );
}

#[test]
fn without_the_contents_of_one_file_its_hash_still_tells_whether_it_is_untouched() {
    let mut damaged = record(&[("a", b"1\n2\n"), ("b", b"1\n2\n")]);
    for file in damaged.files.values_mut() {
        file.bytes = None;
    }
    let entries = [("a", file(b"1\n2\n")), ("b", file(b"1\nmine\n"))];
    let theirs = plan(&[("a", b"1\nnew\n"), ("b", b"1\nnew\n")]);
    let changes = merge(Some(&damaged), &tree(&entries, &[]), &theirs, &labels());
    let outcomes: Vec<Outcome> = changes.iter().map(|change| change.outcome).collect();
    assert_eq!(outcomes, [Updated, Conflict]);
}

#[test]
fn what_is_not_text_is_kept_and_the_new_version_put_beside_it() {
    let changes = merge(
        Some(&record(&[("logo", b"\xff\x00")])),
        &tree(&[("logo", file(b"\xfe\x00mine"))], &[]),
        &plan(&[("logo", b"\xff\x01")]),
        &labels(),
    );
    let outcomes: Vec<(&str, Outcome)> = changes
        .iter()
        .map(|change| (change.path.as_str(), change.outcome))
        .collect();
    assert_eq!(outcomes, [("logo", Conflict), ("logo.theirs", Added)]);
    assert!(!changes[0].writes());
    assert_eq!(changes[1].after.as_deref(), Some(&b"\xff\x01"[..]));
    let sides = changes[0].sides.as_ref().unwrap();
    assert_eq!(sides.base.as_deref(), Some(&b"\xff\x00"[..]));
}

#[test]
fn what_is_not_text_and_untouched_is_updated() {
    let changes = merge(
        Some(&record(&[("logo", b"\xff\x00")])),
        &tree(&[("logo", file(b"\xff\x00"))], &[]),
        &plan(&[("logo", b"\xff\x01")]),
        &labels(),
    );
    assert_eq!(changes[0].outcome, Updated);
    assert_eq!(changes[0].after.as_deref(), Some(&b"\xff\x01"[..]));
}

#[test]
fn nothing_is_written_through_or_over_what_is_no_file() {
    for entry in [
        Entry::Other("a link"),
        Entry::Directory(vec!["a/b".to_owned()]),
        Entry::Below("dir".to_owned()),
    ] {
        let tree = tree(&[("a", entry.clone())], &[]);
        let base = record(&[("a", b"1\n")]);
        let same = merge(Some(&base), &tree, &plan(&[("a", b"1\n")]), &labels());
        assert_eq!(short(&same), [("a", Unchanged, None)], "{entry:?}");

        let news = merge(Some(&base), &tree, &plan(&[("a", b"2\n")]), &labels());
        let conflict = ("a", Conflict, None);
        let beside = ("a.theirs", Added, Some("2\n".to_owned()));
        match entry {
            Entry::Below(_) => assert_eq!(short(&news), [("a", Blocked, None)]),
            _ => assert_eq!(short(&news), [conflict, beside], "{entry:?}"),
        }

        let gone = merge(Some(&base), &tree, &plan(&[]), &labels());
        assert!(gone.iter().all(|change| !change.writes()), "{entry:?}");
    }
}

#[test]
fn a_file_becomes_a_directory_and_a_directory_a_file() {
    let changes = merge(
        Some(&record(&[("a", b"1\n"), ("b/c", b"1\n")])),
        &tree(
            &[
                ("a", file(b"1\n")),
                ("a/x", Entry::Below("a".to_owned())),
                ("b", Entry::Directory(vec!["b/c".to_owned()])),
                ("b/c", file(b"1\n")),
            ],
            &[],
        ),
        &plan(&[("a/x", b"2\n"), ("b", b"2\n")]),
        &labels(),
    );
    let two = || Some("2\n".to_owned());
    assert_eq!(
        short(&changes),
        [
            ("a", Removed, None),
            ("a/x", Added, two()),
            ("b", Added, two()),
            ("b/c", Removed, None),
        ]
    );
}

const LONG: &[u8] = b"line one\nline two\nline three\nline four\nline five\nline six\n";
const LONG_EDITED: &[u8] = b"line one\nline two\nline three\nline four\nline five\nline mine\n";
const LONG_NEW: &[u8] = b"line new\nline two\nline three\nline four\nline five\nline six\n";

#[test]
fn a_file_that_was_moved_is_updated_where_it_is() {
    for (ours, outcome, expected) in [
        (LONG, Updated, LONG_NEW),
        (
            LONG_EDITED,
            Merged,
            b"line new\nline two\nline three\nline four\nline five\nline mine\n",
        ),
    ] {
        let changes = merge(
            Some(&record(&[("old", LONG)])),
            &tree(&[], &[("elsewhere/new", ours)]),
            &plan(&[("old", LONG_NEW)]),
            &labels(),
        );
        let expected = String::from_utf8(expected.to_vec()).unwrap();
        assert_eq!(
            short(&changes),
            [("elsewhere/new", outcome, Some(expected))]
        );
        assert_eq!(changes[0].why.as_deref(), Some("moved from `old`"));
    }
}

#[test]
fn a_file_that_was_moved_stays_when_it_is_no_longer_rendered() {
    let changes = merge(
        Some(&record(&[("old", LONG)])),
        &tree(&[], &[("new", LONG)]),
        &plan(&[]),
        &labels(),
    );
    let long = String::from_utf8(LONG.to_vec()).unwrap();
    assert_eq!(short(&changes), [("new", Kept, Some(long))]);
}

#[test]
fn of_several_places_none_is_taken_for_the_new_one() {
    let changes = merge(
        Some(&record(&[("old", LONG)])),
        &tree(&[], &[("a", LONG), ("b", LONG)]),
        &plan(&[("old", LONG_NEW)]),
        &labels(),
    );
    assert_eq!(short(&changes), [("old", Kept, None)]);
}

#[test]
fn a_file_that_two_may_have_become_is_the_new_place_of_neither() {
    let changes = merge(
        Some(&record(&[("one", LONG), ("two", LONG)])),
        &tree(&[], &[("new", LONG)]),
        &plan(&[("one", LONG_NEW), ("two", LONG_EDITED)]),
        &labels(),
    );
    assert_eq!(short(&changes), [("one", Kept, None), ("two", Kept, None)]);
}

#[test]
fn without_a_record_a_file_that_seems_to_be_elsewhere_is_not_written_twice() {
    let changes = merge(
        None,
        &tree(&[], &[("new", LONG)]),
        &plan(&[("old", LONG)]),
        &labels(),
    );
    assert_eq!(short(&changes), [("old", Kept, None)]);
    assert_eq!(changes[0].why.as_deref(), Some("it seems to be at `new`"));
}

#[test]
fn conflicts_that_are_left_are_found() {
    let marked = b"a\n<<<<<<< yours\nb\n=======\nc\n>>>>>>> forge 0.1.0\n";
    let entries = [
        ("a", file(marked)),
        ("b", file(b"about <<<<<<< yours and >>>>>>> forge\n")),
        ("logo.theirs", file(b"\xff")),
        (
            "windows",
            file(
                String::from_utf8_lossy(marked)
                    .replace('\n', "\r\n")
                    .as_bytes(),
            ),
        ),
    ];
    let others: [(&str, &[u8]); 4] = [
        ("logo/new", b"\xff"),
        ("logo/new.theirs", b"\xff"),
        ("moved", marked),
        ("not.theirs", b"of another tool"),
    ];
    let tree = tree(&entries, &others);
    assert_eq!(
        unresolved(&tree),
        ["a", "logo.theirs", "windows", "logo/new.theirs", "moved"]
    );
}

#[test]
fn kinds_are_told_by_the_name() {
    for (path, kind) in [
        ("Cargo.toml", Kind::Manifest),
        ("tools/Cargo.toml", Kind::Manifest),
        (".gitignore", Kind::Settings),
        ("docs/a.md", Kind::Prose),
        ("src/lib.rs", Kind::Rust),
        (".github/workflows/ci.yml", Kind::Yaml),
        ("Dockerfile", Kind::Other),
    ] {
        assert_eq!(Kind::of(path), kind, "{path}");
    }
}
