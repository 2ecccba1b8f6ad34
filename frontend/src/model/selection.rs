//! Which rows of a list are selected.

use pat_core::id::TokenId;
use pat_core::inventory::MAX_SELECTED;
use pat_core::wire::{TokenFilter, TokenTarget};

/// What is selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// These rows.
    Rows(Vec<TokenId>),
    /// All that match the filter, shown or not.
    AllThatMatch,
}

impl Default for Selection {
    fn default() -> Self {
        Self::Rows(Vec::new())
    }
}

impl Selection {
    /// Whether nothing is selected.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Rows(ids) if ids.is_empty())
    }

    /// Whether a row is selected.
    pub fn contains(&self, id: TokenId) -> bool {
        match self {
            Self::Rows(ids) => ids.contains(&id),
            Self::AllThatMatch => true,
        }
    }

    /// Whether all of these rows are selected.
    pub fn contains_all(&self, ids: &[TokenId]) -> bool {
        ids.iter().all(|id| self.contains(*id))
    }

    /// Selects a row, or no longer.
    pub fn toggle(&mut self, id: TokenId) {
        let Self::Rows(ids) = self else { return };
        let before = ids.len();
        ids.retain(|selected| *selected != id);
        if ids.len() == before && before < MAX_SELECTED {
            ids.push(id);
        }
    }

    /// Selects all of these rows, or none of them if all were selected.
    pub fn toggle_all(&mut self, shown: &[TokenId]) {
        let all = self.contains_all(shown);
        *self = if all { Self::default() } else { Self::Rows(shown.iter().copied().take(MAX_SELECTED).collect()) };
    }

    /// What a change is done to.
    pub fn target(&self, filter: &TokenFilter) -> TokenTarget {
        match self {
            Self::Rows(ids) => TokenTarget::Selected { ids: ids.clone() },
            Self::AllThatMatch => TokenTarget::Matching { filter: filter.clone() },
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn ids(numbers: impl IntoIterator<Item = u128>) -> Vec<TokenId> {
        numbers.into_iter().map(|number| TokenId(Uuid::from_u128(number))).collect()
    }

    #[test]
    fn rows_are_selected_and_no_longer() {
        let shown = ids(1..=3);
        let mut selection = Selection::default();
        selection.toggle(shown[1]);
        assert!(selection.contains(shown[1]) && !selection.contains(shown[0]) && !selection.contains_all(&shown));
        selection.toggle_all(&shown);
        assert!(selection.contains_all(&shown));
        selection.toggle(shown[0]);
        assert_eq!(selection, Selection::Rows(ids(2..=3)));
        selection.toggle_all(&shown);
        selection.toggle_all(&shown);
        assert!(selection.is_empty());
    }

    #[test]
    fn no_more_are_selected_than_a_change_may_name() {
        let mut selection = Selection::default();
        selection.toggle_all(&ids(1..=1500));
        selection.toggle(ids([1500])[0]);
        assert!(matches!(&selection, Selection::Rows(ids) if ids.len() == MAX_SELECTED));
    }

    #[test]
    fn all_that_match_is_the_filter_and_not_the_rows_that_happen_to_be_shown() {
        let filter = TokenFilter { scope: Some("catalog:read".into()), ..TokenFilter::default() };
        assert_eq!(Selection::AllThatMatch.target(&filter), TokenTarget::Matching { filter: filter.clone() });
        assert_eq!(Selection::Rows(ids([1])).target(&filter), TokenTarget::Selected { ids: ids([1]) });
    }
}
