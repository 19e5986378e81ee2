//! Makes cargo notice templates that appear, change or go away.

#[expect(
    clippy::disallowed_macros,
    reason = "cargo reads a build script's standard output"
)]
fn main() {
    println!("cargo::rerun-if-changed=templates");
}
