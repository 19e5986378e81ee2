//! The tasks of the service, a file each.
//!
//! To add one, write its file beside the others and add it to [`all`]. A task may run more than once:
//! [`Task`](super::Task) says when, and how to write one that does no harm by it.

pub mod process_data;
pub mod redis_memory;

pub use process_data::ProcessData;
pub use redis_memory::RedisMemory;

use super::Registry;

/// Every task, for the web process and for the worker: one that is missing here can neither be enqueued
/// nor run.
pub fn all() -> Registry {
    Registry::default()
        // A line for each task.
        .with::<ProcessData>()
        .with::<RedisMemory>()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_a_task_is_on_the_list_under_its_name() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/worker/tasks");
        let files = folder.read_dir().expect("the folder").map(|file| {
            let path = file.expect("a file").path();
            let stem = path.file_stem().and_then(OsStr::to_str);
            stem.expect("a name").replace('_', "-")
        });
        let mut files: Vec<_> = files.filter(|name| name != "mod").collect();
        files.sort();
        assert_eq!(all().names().collect::<Vec<_>>(), files);
    }
}
