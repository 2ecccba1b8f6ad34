//! The settings and admin pages.
//!
//! - [`app`]: the routes and what every page shares; [`session`]: who is signed in.
//! - [`pages`]: one file a page; [`components`]: what they are made of, with a CSS file of the same name in `style/`.
//! - [`model`]: the logic behind the pages in plain types, tested natively.
//! - [`api`]: every request; [`words`]: every sentence; [`browser`] and [`dates`]: what the browser does for us.

pub mod api;
pub mod app;
pub mod browser;
pub mod components;
pub mod dates;
pub mod model;
pub mod pages;
pub mod session;
pub mod words;

/// Mounts the page in place of the static shell.
pub fn start() {
    browser::remove_shell();
    leptos::mount::mount_to_body(app::App);
}
