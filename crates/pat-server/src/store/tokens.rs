//! Tokens.

mod breaking;
mod bulk;
mod inventory;
mod matching;
mod people;
mod read;
mod write;

pub use breaking::{Touched, touched};
pub use bulk::{Changed, Count, apply, count, revoke_own};
pub use inventory::{Position, ids, page, page_among};
pub use matching::{Search, Target};
pub use people::People;
pub use read::{LifecycleRow, Locator, TokenRow, find, find_any, find_organization, live_of_user, live_organization, locate, of_user};
pub use write::{CreatedVia, NewToken, Use, insert, note_uses, pause, resume, revoke, revoke_all_of_user, set_scopes, update};
