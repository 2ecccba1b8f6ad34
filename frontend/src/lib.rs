//! The settings and admin pages.
//!
//! They are four programs, so that people who look after their own tokens download no more than that takes: `src/bin/settings.rs`
//! for the settings and sign-in, `src/bin/activity.rs` for what happened to a token, `src/bin/cli.rs` for command lines that sign in,
//! `src/bin/admin.rs` for what stands under `/admin`. The server answers each address with the right one, and an ordinary page load leads from one to the other.
//!
//! - [`app`]: the routes of each, and what every page shares; [`session`]: who is signed in.
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
