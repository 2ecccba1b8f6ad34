//! Everyone's tokens.

use pat_core::token::TokenKind;
use pat_core::wire::{AdminToken, Preview, TokenTarget};

use crate::model::act::{Act, Ask, Target};
use crate::model::pause::PauseChoice;
use crate::model::selection::Selection;

pub const TITLE: &str = "Everyone’s tokens";
pub const INTRO: &str =
    "The tokens of everybody in this account and of the organization itself: who has them, what they may do, and whether they are used.";
pub const RECENT: &str = "Recent bulk changes";
pub const EMPTY_TITLE: &str = "No tokens yet";
pub const EMPTY: &str = "Nobody in this account has made a token yet.";
pub const NONE_TITLE: &str = "No token matches";
pub const NONE: &str = "No token in this account fits all that you asked for.";
pub const CLEAR: &str = "Clear filters";
pub const CREATED: &str = "Created";
pub const ACTIONS: &str = "Actions";
pub const ORGANIZATION: &str = "The organization";
pub const ACTIVITY: &str = "Activity";

pub const OWNER: &str = "Only tokens of";
pub const UNKNOWN_OWNER: &str = "somebody who isn’t in this account";
pub const KIND: &str = "Kind";
pub const ANY_KIND: &str = "Any kind";
pub const STATUS: &str = "Status";
pub const ANY_STATUS: &str = "Any status";
pub const SCOPE: &str = "Holds scope";
pub const ANY_SCOPE: &str = "Any scope";
pub const EXPIRES_BEFORE: &str = "Expires before";
pub const NOT_USED_SINCE: &str = "Not used since";
pub const NEVER_USED: &str = "Never used";
pub const NO_EXPIRATION: &str = "No expiration";
pub const SORT: &str = "Sort by";

pub const SELECT_SHOWN: &str = "Select all shown";
pub const SELECT_MATCHING: &str = "Select all that match";
pub const SELECT_NONE: &str = "Clear selection";
pub const SELECTED_COLUMN: &str = "Selected";

pub const EXPORT: &str = "Export";
pub const CSV: &str = "CSV";
pub const EXPORT_CSV: &str = "Export as CSV";
pub const JSON_LINES: &str = "JSON Lines";
pub const EXPORT_JSON_LINES: &str = "Export as JSON Lines";

pub const MISSING: &str = "There is no token of this account at this address.";
pub const BACK: &str = "Everyone’s tokens";
pub const TOKEN: &str = "Token";
pub const SCOPES: &str = "Scopes";
pub const SCOPES_MASKED: &str = "In effect now are only:";
pub const NOTHING_EFFECTIVE: &str = "None of them is in effect now: the owner’s roles or the account’s settings hide them.";
pub const UNUSED: &str = "Unused scopes";
pub const NO_UNUSED: &str = "Every scope was needed, or is too new to tell.";
pub const EDIT: &str = "Edit";

pub const PAUSE_UNTIL: &str = "Until";
pub const PAUSE_OWN: &str = "Date and time";
pub const PAUSE_PICK: &str = "Choose a date and time within the next 30 days.";

pub fn kind(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Personal => "Personal",
        TokenKind::Organization => "Organization",
    }
}

pub fn sort(name: &str) -> &'static str {
    match name {
        "oldest" => "Oldest first",
        "expires" => "Expires soonest",
        "last_used" => "Unused for longest",
        _ => "Newest first",
    }
}

pub fn shown(count: usize, is_all: bool) -> String {
    match (count, is_all) {
        (1, true) => "1 token".to_owned(),
        (count, true) => format!("{count} tokens"),
        (count, false) => format!("The first {count} tokens"),
    }
}

/// What is selected.
pub fn selection(selection: &Selection) -> String {
    match selection {
        Selection::Rows(ids) if ids.is_empty() => String::new(),
        Selection::Rows(ids) => format!("{} selected", ids.len()),
        Selection::AllThatMatch => "All that match are selected, shown or not".to_owned(),
    }
}

pub fn act_on_selected(doing: Act) -> String {
    format!("{} what is selected", act(doing))
}

pub fn select(token: &AdminToken) -> String {
    format!("Select {}", named(token))
}

pub fn activity(token: &AdminToken) -> String {
    format!("Activity of {}", named(token))
}

pub fn remove_chip(name: &str) -> String {
    format!("Show everybody’s, not only those of {name}")
}

pub fn only_of(name: &str) -> String {
    format!("{name}: show only these tokens")
}

pub fn unused_since(days: u32) -> String {
    format!("Granted over {days} days ago, and no recorded call needed them. The owner can take them off.")
}

pub fn granted(when: &str) -> String {
    format!("granted {when}")
}

pub fn act(act: Act) -> &'static str {
    match act {
        Act::Revoke => "Revoke",
        Act::Pause => "Pause",
        Act::Resume => "Resume",
    }
}

pub fn acting(act: Act) -> &'static str {
    match act {
        Act::Revoke => "Revoking…",
        Act::Pause => "Pausing…",
        Act::Resume => "Resuming…",
    }
}

/// The button beside a token, for those who don't see beside what it stands.
pub fn act_on(doing: Act, token: &AdminToken) -> String {
    format!("{} {}", act(doing), named(token))
}

/// What is asked before it is done.
pub fn question(ask: &Ask) -> String {
    let doing = act(ask.act);
    match &ask.target {
        Target::One(token) => format!("{doing} {}?", named(token)),
        Target::Many(TokenTarget::Selected { .. }) => format!("{doing} the selected tokens?"),
        Target::Many(TokenTarget::Matching { .. }) => format!("{doing} all tokens that match?"),
    }
}

/// What follows for one token.
pub fn consequence(act: Act) -> &'static str {
    match act {
        Act::Revoke => "It stops working at once, for good.",
        Act::Pause => "It is refused until then, and works again by itself. If it expires meanwhile, it stays expired.",
        Act::Resume => "It works again at once.",
    }
}

/// What follows for many.
pub fn consequences(act: Act, preview: &Preview) -> String {
    if preview.count == 0 {
        return "None of them is live, so there is nothing to do.".to_owned();
    }
    let tokens = tokens(preview.count);
    let what = match act {
        Act::Revoke => format!("{tokens} will stop working at once, for good."),
        Act::Pause => format!("{tokens} will be refused until then, and work again without further ado."),
        Act::Resume => format!("{tokens}, if paused, will work again at once."),
    };
    format!("{what} {}", affected(preview.owners))
}

/// Whom it concerns if tokens are changed. Some may be the organization's own.
pub fn affected(owners: u64) -> String {
    match owners {
        0 => "No person’s token is among them.".to_owned(),
        1 => "1 person is affected.".to_owned(),
        count => format!("{} people are affected.", number(count)),
    }
}

pub fn sample(shown: u64, of: u64) -> String {
    if shown < of { format!("{} of them", number(shown)) } else { "These".to_owned() }
}

pub fn done(act: Act, token: &AdminToken) -> String {
    let done = match act {
        Act::Revoke => "was revoked",
        Act::Pause => "is paused",
        Act::Resume => "works again",
    };
    format!("{} {done}.", named(token))
}

/// What is under way with many tokens.
pub fn under_way(act: Act) -> &'static str {
    match act {
        Act::Revoke => "Revoking tokens",
        Act::Pause => "Pausing tokens",
        Act::Resume => "Resuming tokens",
    }
}

pub fn pause_choice(choice: PauseChoice) -> &'static str {
    match choice {
        PauseChoice::Hour => "1 hour",
        PauseChoice::Day => "1 day",
        PauseChoice::Week => "7 days",
        PauseChoice::Month => "30 days",
        PauseChoice::Until => "Until…",
    }
}

pub fn pauses_until(when: &str) -> String {
    format!("Refused until {when}.")
}

/// A token with whose it is.
pub fn named(AdminToken { token, owner, .. }: &AdminToken) -> String {
    match owner {
        Some(owner) => format!("{} of {}", token.name, owner.name),
        None => format!("{} of the organization", token.name),
    }
}

pub fn tokens(count: u64) -> String {
    if count == 1 { "1 token".to_owned() } else { format!("{} tokens", number(count)) }
}

/// A number with its thousands apart.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preview(count: u64, owners: u64) -> Preview {
        Preview { count, owners, sample: vec![] }
    }

    #[test]
    fn what_a_change_would_do_is_told_before_it_is_done() {
        assert_eq!(
            consequences(Act::Revoke, &preview(1204, 86)),
            "1,204 tokens will stop working at once, for good. 86 people are affected."
        );
        assert_eq!(
            consequences(Act::Pause, &preview(1, 1)),
            "1 token will be refused until then, and work again without further ado. 1 person is affected."
        );
        assert_eq!(
            consequences(Act::Resume, &preview(2, 0)),
            "2 tokens, if paused, will work again at once. No person’s token is among them."
        );
        assert_eq!(consequences(Act::Revoke, &preview(0, 0)), "None of them is live, so there is nothing to do.");
    }

    #[test]
    fn thousands_stand_apart() {
        for (plain, apart) in [(0, "0"), (999, "999"), (1000, "1,000"), (100_000, "100,000"), (1_234_567, "1,234,567")] {
            assert_eq!(number(plain), apart);
        }
    }
}
