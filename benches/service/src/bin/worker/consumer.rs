//! The contestants, and their processes.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use service_benches::process;
use tokio::sync::mpsc::{self, UnboundedReceiver};

use crate::{brpop, celery, engine, report, service, sidekiq};

/// The jobs that one process runs at once, which is the default of the service.
pub(crate) const CONCURRENCY: usize = 8;

/// How long all contestants may be silent before something is wrong.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);

/// Who takes the jobs.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Engine,
    Service,
    Brpop,
    Sidekiq,
    Celery,
}

impl Kind {
    /// All of them, the one that the others are compared with first.
    pub(crate) const ALL: [Self; 5] = [
        Self::Engine,
        Self::Service,
        Self::Brpop,
        Self::Sidekiq,
        Self::Celery,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Engine => "bare engine",
            Self::Service => "worker of the service",
            Self::Brpop => "LPUSH and BRPOP",
            Self::Sidekiq => "rusty-sidekiq",
            Self::Celery => "Celery",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.name() == name).expect("a contestant")
    }

    /// How many jobs wait for the processes: enough for some seconds.
    pub(crate) fn backlog(self) -> u32 {
        match self {
            Self::Engine => 10_000,
            Self::Service => 50_000,
            Self::Brpop => 100_000,
            Self::Sidekiq => 20_000,
            Self::Celery => 2_000,
        }
    }

    /// A process that runs jobs for ever.
    fn command(self, redis: &str) -> Command {
        if let Self::Celery = self {
            return celery::command(redis);
        }
        let mut command = Command::new(std::env::current_exe().expect("the path of this program"));
        command.args(["consume", self.name(), redis]);
        command
    }

    /// What such a process does.
    pub(crate) async fn consume(self, redis: &str) {
        match self {
            Self::Engine => engine::consume(redis).await,
            Self::Service => service::consume(redis).await,
            Self::Brpop => brpop::consume(redis).await,
            Self::Sidekiq => sidekiq::consume(redis).await,
            Self::Celery => unreachable!("its process is another program"),
        }
    }

    pub(crate) async fn producer(self, redis: &str) -> Producer {
        match self {
            Self::Engine => Producer::Engine(Box::new(engine::Producer::new(redis))),
            Self::Service => Producer::Service(Box::new(service::Producer::new(redis))),
            Self::Brpop => Producer::Brpop(brpop::Producer::new(redis).await),
            Self::Sidekiq => Producer::Sidekiq(sidekiq::Producer::new(redis).await),
            Self::Celery => Producer::Celery(celery::Producer::new(redis).await),
        }
    }
}

/// Who enqueues for a contestant.
pub(crate) enum Producer {
    Engine(Box<engine::Producer>),
    Service(Box<service::Producer>),
    Brpop(brpop::Producer),
    Sidekiq(sidekiq::Producer),
    Celery(celery::Producer),
}

impl Producer {
    /// Enqueues a job.
    pub(crate) async fn enqueue(&self) {
        let now = report::now();
        match self {
            Self::Engine(producer) => producer.enqueue(now).await,
            Self::Service(producer) => producer.enqueue(now).await,
            Self::Brpop(producer) => producer.enqueue(now).await,
            Self::Sidekiq(producer) => producer.enqueue(now).await,
            Self::Celery(producer) => producer.enqueue(now).await,
        }
    }
}

/// Processes that run the jobs of one contestant, and end with this value.
pub(crate) struct Consumers {
    processes: Vec<Child>,
    reports: UnboundedReceiver<(usize, Report)>,
    jobs: Vec<u32>,
    last: Report,
}

/// What is known of the consumers at a time.
#[derive(Clone, Copy)]
pub(crate) struct Report {
    pub(crate) time: Instant,
    /// How many jobs were run; all processes together.
    pub(crate) jobs: u32,
    /// How long the last one waited.
    pub(crate) latency: Duration,
}

impl Consumers {
    pub(crate) fn start(kind: Kind, processes: usize, redis: &str) -> Self {
        let (sender, reports) = mpsc::unbounded_channel();
        let start = |index| {
            let mut process = kind
                .command(redis)
                .process_group(0)
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .expect("the program starts");
            let lines = BufReader::new(process.stderr.take().expect("a pipe")).lines();
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in lines.map_while(Result::ok) {
                    let time = Instant::now();
                    let Some((jobs, latency)) = report::parse(&line) else {
                        eprintln!("{}: {line}", kind.name());
                        continue;
                    };
                    let report = Report {
                        time,
                        jobs,
                        latency,
                    };
                    // Nobody listens any more once the last job is run.
                    let _ = sender.send((index, report));
                }
            });
            process
        };
        Self {
            processes: (0..processes).map(start).collect(),
            reports,
            jobs: vec![0; processes],
            last: Report {
                time: Instant::now(),
                jobs: 0,
                latency: Duration::ZERO,
            },
        }
    }

    /// What has been reported up to now.
    pub(crate) fn seen(&mut self) -> Report {
        while let Ok((index, report)) = self.reports.try_recv() {
            self.jobs[index] = report.jobs;
            self.last = report;
        }
        Report {
            jobs: self.jobs.iter().sum(),
            ..self.last
        }
    }

    /// Waits until so many jobs were run since the start.
    pub(crate) async fn until(&mut self, jobs: u32) -> Report {
        loop {
            let seen = self.seen();
            if seen.jobs >= jobs {
                return seen;
            }
            let report = tokio::time::timeout(LONGEST_SILENCE, self.reports.recv()).await;
            let (index, report) = report.expect("a job is run").expect("a process is there");
            self.jobs[index] = report.jobs;
            self.last = report;
        }
    }

    /// The processor time of the processes, in seconds.
    pub(crate) fn processor_time(&self) -> f64 {
        self.processes
            .iter()
            .map(|each| process::processor_time(each.id()))
            .sum()
    }

    /// Their memory, in megabytes.
    pub(crate) fn resident_memory(&self) -> f64 {
        self.processes
            .iter()
            .map(|each| process::resident_memory(each.id()))
            .sum()
    }
}

impl Drop for Consumers {
    fn drop(&mut self) {
        for process in &mut self.processes {
            // With its children.
            let group = format!("-{}", process.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
            let _ = process.wait();
        }
    }
}

/// Forgets all jobs.
pub(crate) async fn flush(redis: &str) {
    let client = redis::Client::open(redis).expect("the URL of Redis");
    let mut connection = client.get_multiplexed_async_connection().await;
    let connection = connection.as_mut().expect("Redis");
    let flushed = redis::cmd("FLUSHALL").exec_async(connection).await;
    flushed.expect("Redis does it");
}
