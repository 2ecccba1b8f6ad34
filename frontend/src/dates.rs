//! Dates and times in the reader's own zone and habits, through the browser's `Intl`.

use jiff::Timestamp;
use js_sys::{Array, Date, Intl, Object, Reflect};
use leptos::prelude::window;
use pat_core::instant;
use wasm_bindgen::JsValue;

use crate::model::moment::{self, Unit};
use crate::words;

/// The time on the reader's clock.
pub fn now() -> Timestamp {
    instant::parse(&String::from(Date::new_0().to_iso_string())).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The reader's IANA time zone, for example `Europe/Paris`.
pub fn time_zone() -> String {
    let options = Intl::DateTimeFormat::new(&locales(), &Object::new()).resolved_options();
    text_of(&options, "timeZone").unwrap_or_else(|| "UTC".to_owned())
}

/// For example "31 January 2027 at 14:05".
pub fn date_time(at: Timestamp) -> String {
    to_js(at).to_locale_string(&locale(), &options(&[("dateStyle", "long"), ("timeStyle", "short")])).into()
}

/// To the second, for example "31 January 2027 at 14:05:09 CET".
pub fn exact(at: Timestamp) -> String {
    to_js(at).to_locale_string(&locale(), &options(&[("dateStyle", "long"), ("timeStyle", "long")])).into()
}

/// For example "31 Jan 2027".
pub fn date(at: Timestamp) -> String {
    to_js(at).to_locale_date_string(&locale(), &options(&[("dateStyle", "medium")])).into()
}

/// A calendar date such as `2027-01-31` as people write it; `None` if there is no such date.
pub fn calendar_date(date: &str) -> Option<String> {
    let noon = Date::new(&JsValue::from_str(&format!("{date}T12:00:00Z")));
    // Read and shown in one zone, so that no zone can move it to the next day.
    let shown = options(&[("dateStyle", "full"), ("timeZone", "UTC")]);
    (!noon.get_time().is_nan()).then(|| noon.to_locale_date_string(&locale(), &shown).into())
}

/// For example "3 minutes ago" or "in 6 days".
pub fn relative(at: Timestamp) -> String {
    let (amount, unit) = moment::distance(now(), at);
    if unit == Unit::Second && amount <= 0 {
        return words::JUST_NOW.to_owned();
    }
    Intl::RelativeTimeFormat::new(&locales(), &Object::new()).format(f64::from(amount), unit.as_str()).into()
}

/// The reader's calendar date at an instant, as `<input type=date>` wants it.
pub fn input_date(at: Timestamp) -> String {
    // Swedish dates are written YYYY-MM-DD.
    to_js(at).to_locale_date_string("sv-SE", &JsValue::UNDEFINED).into()
}

/// The instant at which a day such as `2027-01-31` begins on the reader's clock; `None` if there is no such day in this age.
pub fn start_of_day(day: &str) -> Option<Timestamp> {
    let start = from_input(&format!("{day}T00:00"))?;
    (start > Timestamp::UNIX_EPOCH).then_some(start)
}

/// The reader's date and time at an instant, as `<input type=datetime-local>` wants it.
pub fn input_date_time(at: Timestamp) -> String {
    // Swedish times are written YYYY-MM-DD hh:mm:ss.
    let written = String::from(to_js(at).to_locale_string("sv-SE", &JsValue::UNDEFINED));
    written.chars().take(16).map(|c| if c == ' ' { 'T' } else { c }).collect()
}

/// The instant of what stands in an `<input type=datetime-local>`.
pub fn from_input(date_time: &str) -> Option<Timestamp> {
    // Without a zone it is the reader's.
    let at = Date::new(&JsValue::from_str(date_time));
    if at.get_time().is_nan() { None } else { instant::parse(&String::from(at.to_iso_string())) }
}

fn to_js(at: Timestamp) -> Date {
    Date::new(&JsValue::from_str(&at.to_string()))
}

/// The page's words are English, so its dates are too: in the reader's own English, if they have one.
fn locale() -> String {
    window().navigator().language().filter(|language| language.starts_with("en")).unwrap_or_else(|| "en".to_owned())
}

fn locales() -> Array {
    Array::of1(&JsValue::from_str(&locale()))
}

fn options(pairs: &[(&str, &str)]) -> JsValue {
    let options = Object::new();
    for (key, value) in pairs {
        // Setting a property of a fresh plain object doesn't fail.
        drop(Reflect::set(&options, &JsValue::from_str(key), &JsValue::from_str(value)));
    }
    options.into()
}

fn text_of(object: &Object, key: &str) -> Option<String> {
    Reflect::get(object, &JsValue::from_str(key)).ok()?.as_string()
}
