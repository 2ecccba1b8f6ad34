//! Where to go after signing in.

/// A path on this site. It comes from the address bar, so anybody may have written it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalPath(String);

impl LocalPath {
    /// Accepts a path from the root of this site and nothing that a browser could take for another site's address:
    /// browsers read `\` as `/` and drop tabs and line breaks.
    pub fn parse(text: &str) -> Option<Self> {
        let is_local = text.starts_with('/') && !text.starts_with("//") && !text.contains('\\') && !text.contains(char::is_control);
        is_local.then(|| Self(text.to_owned()))
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for LocalPath {
    fn default() -> Self {
        Self("/settings".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_paths_pass() {
        for path in ["/", "/settings", "/settings/tokens/new?name=ci&x=1#top"] {
            assert_eq!(LocalPath::parse(path).as_ref().map(LocalPath::as_str), Some(path));
        }
    }

    #[test]
    fn other_sites_do_not() {
        for text in ["", "settings", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "javascript:alert(1)"]
        {
            assert_eq!(LocalPath::parse(text), None, "{text:?}");
        }
    }
}
