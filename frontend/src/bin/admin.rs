//! Starts the administration in the browser.

fn main() {
    frontend::app::admin::start();
}
