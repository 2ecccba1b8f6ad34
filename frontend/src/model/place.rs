//! Which page stands at which address.

/// A page's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// `/`, which leads to the settings.
    Home,
    /// `/sign-in`.
    SignIn,
    /// `/set-password`, where one-time links lead.
    SetPassword,
    /// `/settings`: the reader's own tokens.
    Settings,
    /// `/settings/tokens/new`.
    NewToken,
    /// `/settings/tokens/{id}`, whatever the id may be.
    Token(String),
    /// `/admin/tokens`.
    EveryonesTokens,
    /// Anything else.
    Nowhere,
}

impl Place {
    /// The place at a path.
    pub fn at(path: &str) -> Self {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        match segments.as_slice() {
            [] => Self::Home,
            ["sign-in"] => Self::SignIn,
            ["set-password"] => Self::SetPassword,
            ["settings"] => Self::Settings,
            ["settings", "tokens", "new"] => Self::NewToken,
            ["settings", "tokens", id] => Self::Token((*id).to_owned()),
            ["admin", "tokens"] => Self::EveryonesTokens,
            _ => Self::Nowhere,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_its_path() {
        let cases = [
            ("/", Place::Home),
            ("/sign-in", Place::SignIn),
            ("/set-password", Place::SetPassword),
            ("/settings", Place::Settings),
            ("/settings/", Place::Settings),
            ("/settings/tokens/new", Place::NewToken),
            ("/settings/tokens/01930000", Place::Token("01930000".into())),
            ("/settings/tokens", Place::Nowhere),
            ("/settings/tokens/1/2", Place::Nowhere),
            ("/admin/tokens", Place::EveryonesTokens),
            ("/admin", Place::Nowhere),
        ];
        for (path, place) in cases {
            assert_eq!(Place::at(path), place, "{path}");
        }
    }
}
