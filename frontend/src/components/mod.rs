//! What the pages are made of. Each file has its CSS in `style/`, under the same name.
#![expect(clippy::needless_pass_by_value, reason = "a component owns its properties")]

pub mod admin_nav;
pub mod button;
pub mod change_progress;
pub mod check_box;
pub mod copy;
pub mod dialog;
pub mod edit_form;
pub mod event_list;
pub mod expiration_picker;
pub mod facts;
pub mod field;
pub mod filter_bar;
pub mod flash;
pub mod form;
pub mod fresh_sign_in;
pub mod go;
pub mod header;
pub mod icon;
pub mod link_panel;
pub mod live;
pub mod new_token;
pub mod notice;
pub mod page;
pub mod paged;
pub mod people_table;
pub mod query;
pub mod reason_picker;
pub mod remote;
pub mod role_picker;
pub mod scope_picker;
pub mod secret_panel;
pub mod strength_picker;
pub mod table;
pub mod token_facts;
pub mod token_table;
