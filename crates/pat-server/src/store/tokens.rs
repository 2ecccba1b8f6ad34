//! Tokens.

mod breaking;
mod read;
mod write;

pub use breaking::{Touched, touched};
pub use read::{
    LifecycleRow, TokenRow, find, find_any, find_organization, live_of_user, live_organization, of_account, of_user, organization,
};
pub use write::{CreatedVia, NewToken, insert, note_use, revoke, revoke_all_of_user, set_scopes, update};
