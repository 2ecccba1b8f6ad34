//! Rebuilds when a migration or a file of the page comes or goes: both are embedded.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
    println!("cargo:rerun-if-changed=../../frontend/dist");
}
