//! A generated project and the containers that its compose file starts.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::Failed;

use crate::support::Combination;
use crate::{PASSWORD, REVISION, ensure_eq};

const HEALTH: &str = "{{.State.Health.Status}}";

/// What Compose reads besides the file, by the name of the variable.
type Environment = Vec<(&'static str, String)>;

/// A port on this host, and the variable that says which one it is.
struct Port {
    variable: &'static str,
    number: u16,
}

/// A project whose containers and image go when it is dropped.
pub(crate) struct Stack {
    name: &'static str,
    directory: PathBuf,
    environment: Environment,
    /// The services that keep running, the one of this project first, with their ports on this host.
    services: Vec<(&'static str, Option<Port>)>,
}

impl Stack {
    /// Makes a project with ports of its own and a password, both in `.env`.
    pub(crate) fn generate(
        combination: &Combination,
        name: &'static str,
        directory: &Path,
    ) -> Result<Self, Failed> {
        let stack = Self::new(combination, name, directory)?;
        stack.configure()?;
        Ok(stack)
    }

    /// Makes a project without `.env` and so without a password. Its ports come from the environment.
    pub(crate) fn generate_without_settings(
        combination: &Combination,
        name: &'static str,
        directory: &Path,
    ) -> Result<Self, Failed> {
        let mut stack = Self::new(combination, name, directory)?;
        fs::remove_file(stack.path(".env"))?;
        stack.environment = stack
            .published()
            .map(|port| (port.variable, port.number.to_string()))
            .collect();
        Ok(stack)
    }

    fn new(
        combination: &Combination,
        name: &'static str,
        directory: &Path,
    ) -> Result<Self, Failed> {
        combination.generate(name, directory);
        let mut services = vec![("app", Some(Port::free("APP_PORT")?))];
        let postgres = ("database".to_owned(), "postgres".to_owned());
        if combination.answers.contains(&postgres) {
            services.push(("postgres", Some(Port::free("DATABASE_PORT")?)));
        }
        if combination.has("redis") {
            services.push(("redis", Some(Port::free("REDIS_PORT")?)));
        }
        if combination.has("worker") {
            services.push(("worker", None));
        }
        Ok(Self {
            name,
            directory: directory.to_owned(),
            environment: vec![],
            services,
        })
    }

    /// Changes `.env` as a person would, and only there.
    fn configure(&self) -> Result<(), Failed> {
        let settings = fs::read_to_string(self.path(".env"))?;
        let mut lines: Vec<_> = settings.lines().map(str::to_owned).collect();
        let mut set = |variable: &str, value: &str| {
            let (assigned, default) = (format!("{variable}="), format!("# {variable}="));
            let mut lines = lines.iter_mut();
            let line = lines.find(|line| line.starts_with(&assigned) || line.starts_with(&default));
            let line = line.ok_or_else(|| format!("`.env` has no {variable}"))?;
            *line = assigned + value;
            Ok::<_, Failed>(())
        };
        for port in self.published() {
            set(port.variable, &port.number.to_string())?;
        }
        let password = format!("'{PASSWORD}'");
        if self.has("postgres") {
            set("DATABASE_PASSWORD", &password)?;
        }
        if self.has("redis") {
            set("REDIS_PASSWORD", &password)?;
        }
        if settings.contains("\nRATE_LIMIT_REQUESTS=") {
            // All requests come from one client.
            set("RATE_LIMIT_REQUESTS", "100000")?;
        }
        fs::write(self.path(".env"), lines.join("\n") + "\n")?;
        Ok(())
    }

    pub(crate) fn name(&self) -> &str {
        self.name
    }

    /// The image of the application, as Compose names it.
    pub(crate) fn image(&self) -> String {
        format!("{}-app", self.name)
    }

    /// A path relative to the project.
    pub(crate) fn path(&self, relative: &str) -> String {
        self.directory.join(relative).display().to_string()
    }

    pub(crate) fn services(&self) -> impl Iterator<Item = &str> {
        self.services.iter().map(|(name, _)| *name)
    }

    pub(crate) fn has(&self, service: &str) -> bool {
        self.services().any(|name| name == service)
    }

    pub(crate) fn ports(&self) -> Vec<u16> {
        self.published().map(|port| port.number).collect()
    }

    fn published(&self) -> impl Iterator<Item = &Port> {
        self.services.iter().filter_map(|(_, port)| port.as_ref())
    }

    /// Builds the image, and returns what the build says.
    pub(crate) fn build(&self) -> Result<String, Failed> {
        let revision = format!("REVISION={REVISION}");
        let mut command = command();
        command.args(["build", "--progress", "plain", "--build-arg", &revision]);
        command.args(["--tag", &self.image()]).arg(&self.directory);
        let output = command.env("DOCKER_BUILDKIT", "1").output()?;
        let said = String::from_utf8(output.stderr)?;
        if output.status.success() {
            Ok(said)
        } else {
            Err(said.into())
        }
    }

    /// Makes an image of another project of this one, where only the name of the binary differs.
    pub(crate) fn build_from(&self, other: &Self) -> Result<(), Failed> {
        let (name, image, binary) = (self.name, other.image(), other.name);
        let dockerfile = format!(
            "FROM {image}\nCOPY --from={image} /usr/local/bin/{binary} /usr/local/bin/{name}\n\
            HEALTHCHECK --interval=5s CMD [\"{name}\", \"healthcheck\"]\nENTRYPOINT [\"{name}\"]\n"
        );
        let file = self.path("../Dockerfile");
        fs::write(&file, dockerfile)?;
        let directory = self.path("..");
        docker(&["build", "--tag", &self.image(), "--file", &file, &directory]).map(drop)
    }

    pub(crate) fn up(&self) -> Result<(), Failed> {
        self.up_with(&[])
    }

    /// Starts a number of containers of a service, each of the application on any free port.
    pub(crate) fn scale(&self, service: &str, number: usize) -> Result<(), Failed> {
        let scale = format!("{service}={number}");
        let mut command = self.compose_command(&["up", "--no-build", "--wait", "--scale", &scale]);
        if service == "app" && number > 1 {
            command.env("APP_PORT", "0");
        }
        self.start(&mut command)?;
        let found = self.containers(service)?.len();
        ensure_eq(&found.to_string(), &number.to_string())
    }

    /// Starts the stack with these options of Compose.
    pub(crate) fn up_with(&self, options: &[&str]) -> Result<(), Failed> {
        let mut command = self.compose_command(options);
        self.start(command.args(["up", "--no-build", "--wait"]))
    }

    /// Runs a command that starts containers, and looks whether they are healthy: not every Compose
    /// that is packaged tells by its exit code.
    fn start(&self, command: &mut Command) -> Result<(), Failed> {
        let output = command.output()?;
        let message = String::from_utf8_lossy(&output.stderr);
        for service in self.services() {
            for container in self.containers(service)? {
                let health = docker(&["inspect", "--format", HEALTH, &container]);
                if !output.status.success()
                    || !health.is_ok_and(|health| health.trim() == "healthy")
                {
                    return Err(format!("{service} is not healthy: {message}").into());
                }
            }
        }
        Ok(())
    }

    pub(crate) fn compose(&self, arguments: &[&str]) -> Result<String, Failed> {
        run(&mut self.compose_command(arguments))
    }

    fn compose_command(&self, arguments: &[&str]) -> Command {
        let mut command = command();
        command.arg("compose").args(arguments);
        command.current_dir(&self.directory);
        command.envs(self.environment.iter().cloned());
        command
    }

    /// The containers of a service, also those that have ended.
    pub(crate) fn containers(&self, service: &str) -> Result<Vec<String>, Failed> {
        let ids = self.compose(&["ps", "--all", "--quiet", service])?;
        let ids: Vec<_> = ids.lines().map(str::to_owned).collect();
        if ids.is_empty() {
            return Err(format!("{service} has no container").into());
        }
        Ok(ids)
    }

    /// What the engine knows of the container of a service.
    pub(crate) fn inspect(&self, service: &str, format: &str) -> Result<String, Failed> {
        let value = docker(&["inspect", "--format", format, &self.containers(service)?[0]])?;
        Ok(value.trim().to_owned())
    }

    /// The process of a service as the host numbers it.
    pub(crate) fn process(&self, service: &str) -> Result<String, Failed> {
        self.inspect(service, "{{.State.Pid}}")
    }

    /// The address of a service on its network.
    pub(crate) fn address(&self, service: &str) -> Result<String, Failed> {
        self.inspect(
            service,
            "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
        )
    }

    /// The body of a successful response, through the published port.
    pub(crate) fn get(&self, path: &str) -> Result<String, Failed> {
        self.request(path, &[])
    }

    /// Whether the description of the interface has a route.
    pub(crate) fn serves(&self, path: &str) -> Result<bool, Failed> {
        let description = self.get("/openapi.json")?;
        let description: serde_json::Value = serde_json::from_str(&description)?;
        Ok(description["paths"].get(path).is_some())
    }

    /// Sends JSON, and returns the body of a successful response.
    pub(crate) fn post(&self, path: &str, body: &str) -> Result<String, Failed> {
        self.request(path, &["--json", body])
    }

    fn request(&self, path: &str, arguments: &[&str]) -> Result<String, Failed> {
        let url = format!("http://127.0.0.1:{}{path}", self.ports()[0]);
        let mut curl = Command::new("curl");
        let curl = curl.args(["--fail", "--silent", "--show-error", &url]);
        run(curl.args(arguments))
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // Where a test has failed, what it left behind must not stand in the way of the next one.
        let _ = self.compose(&["down", "--volumes", "--timeout", "1"]);
        let _ = docker(&["image", "rm", "--force", &self.image()]);
    }
}

/// Runs a command of the engine and returns what it prints.
pub(crate) fn docker(arguments: &[&str]) -> Result<String, Failed> {
    run(command().args(arguments).env("DOCKER_BUILDKIT", "1"))
}

fn command() -> Command {
    Command::new(std::env::var("DOCKER").unwrap_or("docker".to_owned()))
}

/// Runs a command and returns what it prints.
pub(crate) fn run(command: &mut Command) -> Result<String, Failed> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    let message = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?}: {message}").into())
}

impl Port {
    fn free(variable: &'static str) -> Result<Self, Failed> {
        let number = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        Ok(Self { variable, number })
    }
}
