//! Starts the settings in the browser.

fn main() {
    frontend::app::settings::start();
}
