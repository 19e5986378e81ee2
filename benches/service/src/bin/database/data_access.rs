//! Operations per second of the functions in `database::users`, and of sqlx alone.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use my_project::database::users;
use my_project::database::{Database, Engine};
use service_benches::Contest;

use super::USERS;
use super::place::Place;

const TASKS: i64 = 16;
/// Many short turns, because writes wait for a disk that others use as well.
const ROUNDS: usize = 40;
const TURN: Duration = Duration::from_millis(100);

const PROJECT: &str = "database::users";
const BARE: &str = "sqlx";

#[derive(Clone, Copy, Debug)]
enum Operation {
    List,
    Get,
    Insert,
    Update,
}

/// Prints how the project does against sqlx alone.
pub(crate) async fn measure(place: &Place) {
    let database = place.open();
    Place::fill(&database).await;
    for operation in [
        Operation::List,
        Operation::Get,
        Operation::Insert,
        Operation::Update,
    ] {
        let title = format!("{operation:?}, {TASKS} tasks").to_lowercase();
        let mut contest = Contest::new(title, "operations/s");
        // The first round opens what is not open yet, and does not count.
        for round in 0..=ROUNDS {
            // Whoever is first in one round is last in the next one.
            let mut names = [PROJECT, BARE];
            names.rotate_left(round % 2);
            for name in names {
                let figure = match name {
                    BARE => run(&database, operation, bare).await,
                    _ => run(&database, operation, project).await,
                };
                if round > 0 {
                    contest.add(name, figure);
                }
            }
        }
        contest.report();
    }
    database.close().await;
}

/// Gives the operations per second of one turn.
async fn run<F>(
    database: &Database,
    operation: Operation,
    operate: fn(Database, Operation, i64) -> F,
) -> f64
where
    F: Future<Output = Result<(), sqlx::Error>> + Send + 'static,
{
    static NUMBER: AtomicI64 = AtomicI64::new(USERS);
    let start = Instant::now();
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let database = database.clone();
            tokio::spawn(async move {
                let mut count = 0_u32;
                while start.elapsed() < TURN {
                    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
                    let done = operate(database.clone(), operation, number).await;
                    done.expect("the database answers");
                    count += 1;
                }
                count
            })
        })
        .collect();
    let mut count = 0.0;
    for task in tasks {
        count += f64::from(task.await.expect("no panic"));
    }
    count / start.elapsed().as_secs_f64()
}

async fn project(database: Database, operation: Operation, number: i64) -> Result<(), sqlx::Error> {
    let id = 1 + number % USERS;
    match operation {
        Operation::List => {
            let users = users::list(database.read(), id - 1, 20).await?;
            assert!(!users.is_empty());
        }
        Operation::Get => assert!(users::find(database.read(), id).await?.is_some()),
        Operation::Insert => {
            let email = format!("{number}@example.com");
            users::insert(database.write(), email, "Somebody".to_owned()).await?;
        }
        Operation::Update => {
            let email = format!("{id}@example.org");
            let name = "Somebody else".to_owned();
            let updated = users::update(database.write(), id, None, email, name).await?;
            assert!(updated.is_some());
        }
    }
    Ok(())
}

type User = (i64, String, String, DateTime<Utc>, DateTime<Utc>, i64);

const LIST: &str = "
    SELECT id, email, name, created_at, updated_at, version FROM users
    WHERE id > $1 ORDER BY id LIMIT $2";
const FIND: &str = "
    SELECT id, email, name, created_at, updated_at, version FROM users WHERE id = $1";
const INSERT: &str = "
    INSERT INTO users (email, name, created_at, updated_at, version) VALUES ($1, $2, $3, $3, 1)
    RETURNING id, email, name, created_at, updated_at, version";
const UPDATE: &str = "
    UPDATE users SET email = $3, name = $4, updated_at = $5, version = version + 1
    WHERE id = $1 AND version = coalesce($2, version)
    RETURNING id, email, name, created_at, updated_at, version";

async fn bare(database: Database, operation: Operation, number: i64) -> Result<(), sqlx::Error> {
    let id = 1 + number % USERS;
    let query = |sql| sqlx::query_as::<Engine, User>(sql);
    match operation {
        Operation::List => {
            let users = query(LIST).bind(id - 1).bind(20_i64);
            assert!(!users.fetch_all(database.read()).await?.is_empty());
        }
        Operation::Get => {
            let user = query(FIND).bind(id).fetch_optional(database.read());
            assert!(user.await?.is_some());
        }
        Operation::Insert => {
            let email = format!("{number}@example.com");
            let user = query(INSERT).bind(email).bind("Somebody".to_owned());
            user.bind(Utc::now()).fetch_one(database.write()).await?;
        }
        Operation::Update => {
            let email = format!("{id}@example.org");
            let user = query(UPDATE).bind(id).bind(None::<i64>).bind(email);
            let user = user.bind("Somebody else".to_owned()).bind(Utc::now());
            assert!(user.fetch_optional(database.write()).await?.is_some());
        }
    }
    Ok(())
}
