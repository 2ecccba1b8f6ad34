//! Starts the sign-in of command lines in the browser.

fn main() {
    frontend::app::cli::start();
}
