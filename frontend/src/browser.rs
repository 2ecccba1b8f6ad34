//! What the browser does for us: focus, title, clipboard, selection, address.

use leptos::prelude::{document, request_animation_frame, window};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, HtmlDialogElement, HtmlElement};

/// Loads the page anew from the server.
pub fn reload() {
    drop(window().location().reload());
}

/// Goes to another site, and leaves this address out of the history.
pub fn leave_for(address: &str) {
    drop(window().location().replace(address));
}

/// Removes what `index.html` shows until the page has loaded.
pub fn remove_shell() {
    if let Some(shell) = document().get_element_by_id("shell") {
        shell.remove();
    }
}

/// This site's origin, for example `https://tokens.example`.
pub fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// Path and query of the page shown now.
pub fn current_path() -> String {
    let location = window().location();
    location.pathname().unwrap_or_default() + &location.search().unwrap_or_default()
}

/// Takes the fragment from the address and leaves none behind, neither in the address bar nor in the history.
pub fn take_fragment() -> String {
    let fragment = window().location().hash().unwrap_or_default();
    if let Ok(history) = window().history() {
        // Where the browser refuses, the fragment stays in the address bar; it still never reaches a server.
        drop(history.replace_state_with_url(&JsValue::NULL, "", Some(&current_path())));
    }
    fragment.trim_start_matches('#').to_owned()
}

/// Focuses the first element that the selector finds, once what was just changed is on the page.
pub fn focus_soon(selector: impl AsRef<str> + 'static) {
    request_animation_frame(move || {
        if let Ok(Some(element)) = document().query_selector(selector.as_ref()) {
            focus(element);
        }
    });
}

/// Focuses the first field that was refused: what is marked invalid in it, else the chosen option, else the first control.
pub fn focus_invalid_soon() {
    request_animation_frame(|| {
        let Ok(Some(field)) = document().query_selector("[data-invalid]") else { return };
        let control = ["[aria-invalid=true]:is(input, textarea)", "input:checked", "input"]
            .into_iter()
            .find_map(|selector| field.query_selector(selector).ok().flatten());
        if let Some(control) = control {
            focus(control);
        }
    });
}

fn focus(element: Element) {
    if let Ok(element) = element.dyn_into::<HtmlElement>() {
        // A refusal is nothing that anybody could act on.
        drop(element.focus());
    }
}

/// Opens a dialog over the page; the browser keeps the focus in it.
pub fn open_dialog(dialog: &HtmlDialogElement) {
    if !dialog.open() {
        drop(dialog.show_modal());
    }
}

/// Closes an open popover.
pub fn hide_popover(id: &str) {
    if let Some(element) = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        drop(element.hide_popover());
    }
}

/// Copies an element's text. Where there is no clipboard (plain HTTP, or permission refused), selects the text instead.
///
/// Returns whether it was copied.
pub async fn copy_text(element: &HtmlElement) -> bool {
    let copied = write_clipboard(&element.inner_text()).await;
    if !copied && let Ok(Some(selection)) = window().get_selection() {
        drop(selection.select_all_children(element));
    }
    copied
}

async fn write_clipboard(text: &str) -> bool {
    let navigator = window().navigator();
    let has_clipboard = js_sys::Reflect::get(&navigator, &JsValue::from_str("clipboard")).is_ok_and(|clipboard| !clipboard.is_undefined());
    has_clipboard && JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok()
}
