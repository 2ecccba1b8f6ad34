//! Starts a token's activity in the browser.

fn main() {
    frontend::app::activity::start();
}
