//! The scripts of the queue against a model of it: in whatever order things happen, each task is in one
//! place, is handed out in its turn, and ends once.

use std::collections::{BTreeMap, HashMap, VecDeque};

use redis::{Commands, Connection, FromRedisValue, Script, ScriptInvocation};

use super::durable_redis::DurableRedis;
use crate::load::load;

const BASE: &str = "{model}";
const QUEUES: [&str; 2] = ["default", "mail"];
const CONSUMERS: [&str; 2] = ["first", "second"];
const HOUR: i64 = 3_600_000;

/// Two of them are unique, with the same payload.
const IDS: [&str; 7] = ["a", "b", "c", "d", "e", "unique-f", "unique-g"];

/// One of a row of numbers that is the same for the same beginning (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as usize % limit
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Place {
    Waiting,
    Delayed(i64),
    /// With the entry of the stream.
    Running(String),
    Succeeded,
    /// With the entry on the list of the dead.
    Failed(String),
    Cancelled,
}

#[derive(Debug)]
struct Task {
    queue: &'static str,
    place: Place,
    attempts: u32,
}

impl Task {
    fn is_open(&self) -> bool {
        matches!(
            self.place,
            Place::Waiting | Place::Delayed(_) | Place::Running(_)
        )
    }
}

/// A task that a consumer was given, and believes to have.
#[derive(Clone, Debug)]
struct Delivery {
    consumer: &'static str,
    queue: &'static str,
    entry: String,
    id: String,
    attempts: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    Success,
    Failure,
    Retry,
}

type Reply = Option<Vec<(String, Vec<(String, HashMap<String, String>)>)>>;

/// What should be the case.
#[derive(Default)]
struct Model {
    now: i64,
    tasks: BTreeMap<String, Task>,
    queues: BTreeMap<&'static str, VecDeque<String>>,
    /// The unique task that others with its payload have to let pass.
    holder: Option<String>,
    held: Vec<Delivery>,
    deaths: usize,
}

struct Queue {
    connection: Connection,
    scripts: HashMap<&'static str, Script>,
}

macro_rules! scripts {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../../../src/worker/scripts/", $name, ".lua")))),*]
    };
}

impl Queue {
    fn new(server: &DurableRedis) -> Self {
        let prelude = include_str!("../../../src/worker/scripts/prelude.lua");
        // The model has the clock.
        let clock = "{ redis.call('GET', KEYS[1] .. ':clock'), 0 }";
        let prelude = prelude.replace("redis.call('TIME')", clock);
        let scripts =
            scripts!["add" "cancel" "finish" "heartbeat" "postpone" "recover" "revive" "state"];
        let script = |(name, text)| (name, Script::new(&format!("{prelude}{text}")));
        Self {
            connection: server.connection(),
            scripts: scripts.into_iter().map(script).collect(),
        }
    }

    fn begin(&mut self) {
        let connection = &mut self.connection;
        redis::cmd("FLUSHALL").exec(connection).expect("Redis");
        for queue in QUEUES {
            let mut create = redis::cmd("XGROUP");
            create.arg("CREATE").arg(stream(queue)).arg("workers");
            create
                .arg("0")
                .arg("MKSTREAM")
                .exec(connection)
                .expect("Redis");
        }
    }

    fn set_clock(&mut self, milliseconds: i64) {
        let key = format!("{BASE}:clock");
        let set = self.connection.set::<_, _, ()>(key, milliseconds / 1000);
        set.expect("Redis");
    }

    fn run<T: FromRedisValue>(
        &mut self,
        name: &str,
        arguments: impl FnOnce(&mut ScriptInvocation<'_>),
    ) -> T {
        let mut script = self.scripts[name].prepare_invoke();
        script.key(BASE);
        arguments(&mut script);
        script
            .invoke(&mut self.connection)
            .expect("the script runs")
    }

    fn read(&mut self, consumer: &str, queue: &str) -> Reply {
        let mut read = redis::cmd("XREADGROUP");
        read.arg("GROUP").arg("workers").arg(consumer);
        read.arg("COUNT").arg(1).arg("STREAMS");
        let read = read.arg(stream(queue)).arg(">");
        read.query(&mut self.connection).expect("Redis")
    }
}

fn stream(queue: &str) -> String {
    format!("{BASE}:queue:{queue}")
}

impl Model {
    fn add(&mut self, redis: &mut Queue, id: &str, queue: &'static str, delay: Option<i64>) {
        let is_unique = id.starts_with("unique");
        let payload = if is_unique { "unique" } else { id };
        let ids: Vec<String> = redis.run("add", |script| {
            match delay {
                Some(delay) => script.arg("in").arg(delay),
                None => script.arg("").arg(""),
            };
            script.arg(&[id, queue, "task", payload]);
            script.arg(u8::from(is_unique));
        });
        let other = self
            .holder
            .clone()
            .filter(|other| is_unique && self.tasks[other].is_open());
        if self.tasks.contains_key(id) {
            assert_eq!(ids, [id]);
        } else if let Some(other) = other {
            assert_eq!(ids, [other]);
        } else {
            assert_eq!(ids, [id]);
            let place = delay.map_or(Place::Waiting, |delay| Place::Delayed(self.now + delay));
            if place == Place::Waiting {
                self.queue(queue).push_back(id.to_owned());
            }
            let task = Task {
                queue,
                place,
                attempts: 0,
            };
            self.tasks.insert(id.to_owned(), task);
            if is_unique {
                self.holder = Some(id.to_owned());
            }
        }
    }

    fn take(&mut self, redis: &mut Queue, consumer: &'static str, queue: &'static str) {
        let reply = redis.read(consumer, queue);
        self.taken(reply, consumer, &[queue]);
    }

    /// Looks whether what was handed out is the first task of the first of these queues that has one.
    fn taken(&mut self, reply: Reply, consumer: &'static str, queues: &[&'static str]) {
        let first = queues
            .iter()
            .find_map(|&queue| Some((queue, self.queue(queue).pop_front()?)));
        let Some((queue, id)) = first else {
            assert_eq!(reply, None);
            return;
        };
        let (key, mut entries) = reply.expect("a task").pop().expect("a stream");
        let (entry, fields) = entries.pop().expect("an entry");
        assert_eq!([&key, &fields["id"]], [&stream(queue), &id]);
        let task = self.tasks.get_mut(&id).expect("a task");
        assert_eq!(fields["attempts"], task.attempts.to_string());
        task.place = Place::Running(entry.clone());
        self.held.push(Delivery {
            consumer,
            queue,
            entry,
            id,
            attempts: task.attempts,
        });
    }

    fn finish(&mut self, redis: &mut Queue, held: usize, outcome: Outcome, next: &[&'static str]) {
        let delivery = self.held.swap_remove(held);
        let attempt = delivery.attempts + 1;
        self.deaths += 1;
        let dead = format!("{} {}", delivery.id, self.deaths);
        let reply: Reply = redis.run("finish", |script| {
            let Delivery {
                consumer,
                queue,
                entry,
                id,
                ..
            } = &delivery;
            script.arg(&[consumer, queue, &**entry, &**id]);
            script.arg(attempt).arg("state");
            match outcome {
                Outcome::Success => script.arg("success").arg(HOUR).arg(""),
                Outcome::Failure => script.arg("failure").arg(HOUR).arg(&dead),
                Outcome::Retry => script.arg("retry").arg(10_000).arg(""),
            };
            script.arg(next);
        });
        let due = self.now + 10_000;
        let task = self.tasks.get_mut(&delivery.id).expect("a task");
        let has_entry = task.place == Place::Running(delivery.entry.clone());
        let was_lost = !has_entry && !matches!(task.place, Place::Succeeded | Place::Cancelled);
        let place = match outcome {
            Outcome::Retry if has_entry => Some(Place::Delayed(due)),
            Outcome::Failure if has_entry => Some(Place::Failed(dead)),
            Outcome::Success if has_entry || was_lost => Some(Place::Succeeded),
            _ => None,
        };
        if let Some(place) = place {
            task.place = place;
            task.attempts = attempt;
            self.leave(&delivery.id);
        }
        self.taken(reply, delivery.consumer, next);
    }

    fn postpone(&mut self, redis: &mut Queue, held: usize) {
        let delivery = self.held.swap_remove(held);
        let _: u8 = redis.run("postpone", |script| {
            script.arg(&[delivery.consumer, delivery.queue, &*delivery.entry]);
            script.arg(10_000);
        });
        let due = self.now + 10_000;
        let task = self.tasks.get_mut(&delivery.id).expect("a task");
        if task.place == Place::Running(delivery.entry) {
            task.place = Place::Delayed(due);
        }
    }

    fn cancel(&mut self, redis: &mut Queue, id: &str) {
        let done: bool = redis.run("cancel", |script| {
            script.arg(&[id, "state"]).arg(HOUR);
        });
        let task = self.tasks.get_mut(id);
        let task = task.filter(|task| matches!(task.place, Place::Waiting | Place::Delayed(_)));
        assert_eq!(done, task.is_some());
        if let Some(task) = task {
            task.place = Place::Cancelled;
            self.leave(id);
        }
    }

    fn revive(&mut self, redis: &mut Queue, id: &str) {
        let Some(task) = self.tasks.get(id) else {
            return;
        };
        let (queue, is_unique) = (task.queue, id.starts_with("unique"));
        let dead = match &task.place {
            Place::Failed(dead) => dead.clone(),
            _ => format!("{id} 0"),
        };
        let payload = if is_unique { "unique" } else { id };
        let done: bool = redis.run("revive", |script| {
            script.arg(&[&*dead, id, queue, "task", payload]);
            script.arg(u8::from(is_unique));
        });
        let other = self.holder.as_ref();
        let other = other.is_some_and(|other| is_unique && self.tasks[other].is_open());
        let task = self.tasks.get_mut(id).expect("a task");
        assert_eq!(done, matches!(task.place, Place::Failed(_)) && !other);
        if done {
            task.place = Place::Waiting;
            task.attempts = 0;
            self.queue(queue).push_back(id.to_owned());
            if is_unique {
                self.holder = Some(id.to_owned());
            }
        }
    }

    /// Lets time pass, and moves what is due.
    fn pass(&mut self, redis: &mut Queue, milliseconds: i64) {
        self.now += milliseconds;
        redis.set_clock(self.now);
        let consumer = CONSUMERS[0];
        let held = self
            .held
            .iter()
            .filter(|delivery| delivery.consumer == consumer);
        let held: Vec<_> = held.cloned().collect();
        let (now, _, _): (i64, Option<i64>, Vec<String>) = redis.run("heartbeat", |script| {
            script.arg(&[consumer, "{}"]);
            for delivery in held {
                script.arg(&[delivery.queue, &*delivery.entry]);
            }
        });
        assert_eq!(now, self.now);
        let mut due: Vec<_> = self
            .tasks
            .iter()
            .filter_map(|(id, task)| match task.place {
                Place::Delayed(due) if due <= now => Some((due, id.clone())),
                _ => None,
            })
            .collect();
        due.sort();
        for (_, id) in due {
            let task = self.tasks.get_mut(&id).expect("a task");
            task.place = Place::Waiting;
            let queue = task.queue;
            self.queue(queue).push_back(id);
        }
    }

    /// All workers are lost, as far as the others know.
    fn recover(&mut self, redis: &mut Queue) {
        let now = self.now;
        let _: u64 = redis.run("recover", |script| {
            script.arg(0).arg(now).arg(&QUEUES);
        });
        for queue in QUEUES {
            let running = self
                .tasks
                .iter()
                .filter_map(|(id, task)| match &task.place {
                    Place::Running(entry) if task.queue == queue => {
                        Some((sequence(entry), id.clone()))
                    }
                    _ => None,
                });
            let mut running: Vec<_> = running.collect();
            running.sort();
            for (_, id) in running {
                let task = self.tasks.get_mut(&id).expect("a task");
                task.place = Place::Waiting;
                task.attempts += 1;
                self.queue(queue).push_back(id);
            }
        }
    }

    /// What follows for others where a task no longer waits or runs.
    fn leave(&mut self, id: &str) {
        let task = &self.tasks[id];
        let (queue, is_open) = (task.queue, task.is_open());
        self.queue(queue).retain(|other| other != id);
        if !is_open && self.holder.as_deref() == Some(id) {
            self.holder = None;
        }
    }

    fn queue(&mut self, name: &'static str) -> &mut VecDeque<String> {
        self.queues.entry(name).or_default()
    }

    /// Compares every task, and the list of the dead.
    fn compare(&self, redis: &mut Queue) {
        for (id, task) in &self.tasks {
            let told: (String, u32, String, String) = redis.run("state", |script| {
                script.arg(id);
            });
            let (place, attempts) = match task.place {
                Place::Waiting | Place::Delayed(_) => ("waiting", task.attempts),
                Place::Running(_) => ("running", task.attempts + 1),
                _ => ("ended", task.attempts),
            };
            assert_eq!((&*told.2, told.1), (place, attempts), "{id}: {task:?}");
        }
        let dead = redis.connection.lrange(format!("{BASE}:dead"), 0, -1);
        let mut dead: Vec<String> = dead.expect("Redis");
        dead.sort();
        let mut expected: Vec<_> = self
            .tasks
            .values()
            .filter_map(|task| match &task.place {
                Place::Failed(dead) => Some(dead.clone()),
                _ => None,
            })
            .collect();
        expected.sort();
        assert_eq!(dead, expected);
    }

    /// One random thing.
    fn step(&mut self, redis: &mut Queue, random: &mut Random) {
        let (id, queue) = (random.of(&IDS), random.of(&QUEUES));
        let held = (!self.held.is_empty()).then(|| random.below(self.held.len()));
        match (random.below(12), held) {
            (0..3, _) => {
                let delay = random.of(&[None, None, Some(5_000), Some(20_000)]);
                self.add(redis, id, queue, delay);
            }
            (3..6, _) => self.take(redis, random.of(&CONSUMERS), queue),
            (6..9, Some(held)) => {
                let outcome = random.of(&[Outcome::Success, Outcome::Failure, Outcome::Retry]);
                let next = random.of(&[&[][..], &["mail"], &["mail", "default"]]);
                self.finish(redis, held, outcome, next);
            }
            (9, Some(held)) => self.postpone(redis, held),
            (10, _) => {
                let milliseconds = 1000 * random.below(15) as i64;
                self.pass(redis, milliseconds);
            }
            _ => match random.below(3) {
                0 => self.recover(redis),
                1 => self.cancel(redis, id),
                _ => self.revive(redis, id),
            },
        }
    }

    /// Ends whatever is left, after which nothing but results is.
    fn end(&mut self, redis: &mut Queue) {
        self.pass(redis, HOUR);
        for queue in QUEUES {
            while !self.queue(queue).is_empty() {
                self.take(redis, CONSUMERS[0], queue);
            }
        }
        while !self.held.is_empty() {
            self.finish(redis, 0, Outcome::Success, &[]);
        }
        self.compare(redis);
        assert!(!self.tasks.values().any(Task::is_open), "{:?}", self.tasks);
        let keys = redis.connection.keys(format!("{BASE}:*"));
        let keys: Vec<String> = keys.expect("Redis");
        for key in keys {
            let name = key.trim_start_matches(BASE);
            let stays = [":task:", ":dead", ":workers", ":wake", ":clock"];
            if name.starts_with(":queue:") {
                let length = redis::cmd("XLEN")
                    .arg(&key)
                    .query::<u64>(&mut redis.connection);
                assert_eq!(length.expect("Redis"), 0, "{key}");
            } else {
                let stays = stays.iter().any(|stays| name.starts_with(stays));
                assert!(stays, "{key} is left");
            }
        }
    }
}

/// The parts of an id of a stream as numbers.
fn sequence(entry: &str) -> (u64, u64) {
    let (time, number) = entry.split_once('-').expect("an id of a stream");
    (
        time.parse().expect("a number"),
        number.parse().expect("a number"),
    )
}

#[test]
fn whatever_happens_every_task_is_in_one_place_and_ends_once() {
    let server = DurableRedis::start();
    let mut redis = Queue::new(&server);
    for case in 0..load(100, 2000) {
        println!("case {case}");
        redis.begin();
        let mut random = Random(case as u64);
        let mut model = Model::default();
        model.pass(&mut redis, 1_000_000_000);
        for _ in 0..40 {
            model.step(&mut redis, &mut random);
            model.compare(&mut redis);
        }
        model.end(&mut redis);
    }
}
