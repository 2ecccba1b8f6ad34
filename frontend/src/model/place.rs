//! Which page stands at which address.

/// The programs that the page is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// The settings, sign-in and everything else.
    Settings,
    /// What happened to a token.
    Activity,
    /// Where command lines sign in.
    Cli,
    /// The administration.
    Admin,
}

impl Area {
    /// Whose a path is; the server decides by the same rule.
    pub fn of(path: &str) -> Self {
        if path == "/admin" || path.starts_with("/admin/") {
            Self::Admin
        } else if token_with_activity(path).is_some() {
            Self::Activity
        } else if CliPlace::at(path).is_some() {
            Self::Cli
        } else {
            Self::Settings
        }
    }

    /// `rel` of a link from this area: one that leads into the other is an ordinary page load.
    pub fn rel(self, path: &str) -> Option<&'static str> {
        (Self::of(path) != self).then_some("external")
    }
}

/// The token of an address such as `/settings/tokens/{id}/activity`, whatever the id may be.
pub fn token_with_activity(path: &str) -> Option<&str> {
    path.strip_prefix("/settings/tokens/")?.strip_suffix("/activity")
}

/// A place in the settings.
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
    /// Anything else.
    Nowhere,
}

/// A place where command lines sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CliPlace {
    /// `/cli/auth`, where a command line on this computer sends its person.
    Auth,
    /// `/cli/device`, where the code of a device is typed.
    Device,
    /// `/cli/done`, where a command line that has its token sends the browser.
    Done,
}

impl CliPlace {
    /// The place at a path, if it is one of these.
    pub fn at(path: &str) -> Option<Self> {
        match path {
            "/cli/auth" => Some(Self::Auth),
            "/cli/device" => Some(Self::Device),
            "/cli/done" => Some(Self::Done),
            _ => None,
        }
    }
}

impl Place {
    /// The place at a path.
    pub fn at(path: &str) -> Self {
        match segments(path).as_slice() {
            [] => Self::Home,
            ["sign-in"] => Self::SignIn,
            ["set-password"] => Self::SetPassword,
            ["settings"] => Self::Settings,
            ["settings", "tokens", "new"] => Self::NewToken,
            ["settings", "tokens", id] => Self::Token((*id).to_owned()),
            _ => Self::Nowhere,
        }
    }
}

/// A place in the administration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminPlace {
    /// `/admin`, which leads to the people.
    Home,
    /// `/admin/users`.
    People,
    /// `/admin/users/new`.
    Invite,
    /// `/admin/users/{id}`, whatever the id may be.
    Person(String),
    /// `/admin/tokens`.
    Tokens,
    /// `/admin/tokens/changes`.
    TokenChanges,
    /// `/admin/tokens/{id}`, whatever the id may be.
    Token(String),
    /// `/admin/organization-tokens`.
    OrganizationTokens,
    /// `/admin/organization-tokens/new`.
    NewOrganizationToken,
    /// `/admin/organization-tokens/{id}`, whatever the id may be.
    OrganizationToken(String),
    /// `/admin/settings`.
    Settings,
    /// `/admin/audit`.
    Audit,
    /// Anything else.
    Nowhere,
}

impl AdminPlace {
    /// The place at a path.
    pub fn at(path: &str) -> Self {
        match segments(path).as_slice() {
            ["admin"] => Self::Home,
            ["admin", "users"] => Self::People,
            ["admin", "users", "new"] => Self::Invite,
            ["admin", "users", id] => Self::Person((*id).to_owned()),
            ["admin", "tokens"] => Self::Tokens,
            ["admin", "tokens", "changes"] => Self::TokenChanges,
            ["admin", "tokens", id] => Self::Token((*id).to_owned()),
            ["admin", "organization-tokens"] => Self::OrganizationTokens,
            ["admin", "organization-tokens", "new"] => Self::NewOrganizationToken,
            ["admin", "organization-tokens", id] => Self::OrganizationToken((*id).to_owned()),
            ["admin", "settings"] => Self::Settings,
            ["admin", "audit"] => Self::Audit,
            _ => Self::Nowhere,
        }
    }
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
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
            ("/cli", Place::Nowhere),
            ("/settings/tokens", Place::Nowhere),
            ("/settings/tokens/1/2", Place::Nowhere),
        ];
        for (path, place) in cases {
            assert_eq!(Place::at(path), place, "{path}");
        }
    }

    #[test]
    fn every_place_of_command_lines_has_its_path() {
        let cases = [("/cli/auth", Some(CliPlace::Auth)), ("/cli/device", Some(CliPlace::Device)), ("/cli/done", Some(CliPlace::Done))];
        for (path, place) in cases.into_iter().chain([("/cli", None), ("/cli/auth/x", None)]) {
            assert_eq!(CliPlace::at(path), place, "{path}");
        }
    }

    #[test]
    fn every_admin_place_has_its_path() {
        let cases = [
            ("/admin", AdminPlace::Home),
            ("/admin/", AdminPlace::Home),
            ("/admin/users", AdminPlace::People),
            ("/admin/users/new", AdminPlace::Invite),
            ("/admin/users/01930000", AdminPlace::Person("01930000".into())),
            ("/admin/tokens", AdminPlace::Tokens),
            ("/admin/tokens/changes", AdminPlace::TokenChanges),
            ("/admin/tokens/01930000", AdminPlace::Token("01930000".into())),
            ("/admin/organization-tokens", AdminPlace::OrganizationTokens),
            ("/admin/organization-tokens/new", AdminPlace::NewOrganizationToken),
            ("/admin/organization-tokens/01930000", AdminPlace::OrganizationToken("01930000".into())),
            ("/admin/nothing", AdminPlace::Nowhere),
        ];
        for (path, place) in cases {
            assert_eq!(AdminPlace::at(path), place, "{path}");
        }
    }

    #[test]
    fn links_from_one_area_into_the_other_are_page_loads() {
        assert_eq!(Area::Settings.rel("/admin/users"), Some("external"));
        assert_eq!(Area::Admin.rel("/settings"), Some("external"));
        assert_eq!(Area::Settings.rel("/settings/tokens/1/activity"), Some("external"));
        assert_eq!(Area::Activity.rel("/settings/tokens/1"), Some("external"));
        assert_eq!(token_with_activity("/settings/tokens/1/activity"), Some("1"));
        assert_eq!(token_with_activity("/settings/tokens/1"), None);
        assert_eq!(Area::Cli.rel("/sign-in"), Some("external"));
        assert_eq!(Area::of("/cli/auth"), Area::Cli);
        assert_eq!(Area::of("/cli/auth/"), Area::Settings);
        assert_eq!(Area::Admin.rel("/admin"), None);
        assert_eq!(Area::Settings.rel("/administrator"), None);
    }
}
