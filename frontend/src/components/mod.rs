//! What the pages are made of. Each file has its CSS in `style/`, under the same name.
#![expect(clippy::needless_pass_by_value, reason = "a component owns its properties")]

pub mod admin_nav;
pub mod button;
pub mod copy;
pub mod dialog;
pub mod edit_form;
pub mod expiration_picker;
pub mod facts;
pub mod field;
pub mod flash;
pub mod form;
pub mod go;
pub mod header;
pub mod icon;
pub mod live;
pub mod new_token;
pub mod notice;
pub mod page;
pub mod reason_picker;
pub mod remote;
pub mod scope_picker;
pub mod secret_panel;
pub mod token_facts;
pub mod token_table;
