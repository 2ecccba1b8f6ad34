//! What the pages have in common.

use maud::{DOCTYPE, Markup, html};

const REFERENCE: &str = "/docs";
const SCOPES: &str = "/docs/scopes";

/// Which page it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Every method and call.
    Reference,
    /// Who may what.
    Scopes,
}

/// A whole page.
pub fn page(place: Place, title: &str, main: &Markup) -> String {
    let link = |to: Place, href: &str, name: &str| html! { a href=(href) aria-current=[(to == place).then_some("page")] { (name) } };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Access tokens" }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/docs/docs.css";
            }
            body {
                a.skip-link href="#main" { "Skip to the content" }
                header.header {
                    a.header__brand href="/settings" { "Access tokens" }
                    nav.docs-nav aria-label="Documentation" {
                        (link(Place::Reference, REFERENCE, "API"))
                        (link(Place::Scopes, SCOPES, "Scopes"))
                        a href="/api/openapi.json" { "OpenAPI" }
                    }
                }
                main.docs id="main" tabindex="-1" {
                    h1 { (title) }
                    (main)
                }
            }
        }
    };
    page.into_string()
}
