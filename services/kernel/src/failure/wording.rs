//! Fills the placeholders of a reason's text.

use std::borrow::Cow;

/// Replaces `{key}` by its value; an unfilled one is dropped, and with it the bracketed part
/// (`[，限额{limit_fen}分]`) it stands in.
pub(super) fn fill<'v>(template: &str, value: impl Fn(&str) -> Option<&'v str>) -> Cow<'_, str> {
    if !template.contains(['{', '[']) {
        return Cow::Borrowed(template);
    }
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((plain, after)) = rest.split_once('[') {
        text.push_str(&fill_part(plain, &value).0);
        let (optional, after) = after.split_once(']').unwrap_or((after, ""));
        let (filled, complete) = fill_part(optional, &value);
        if complete {
            text.push_str(&filled);
        }
        rest = after;
    }
    text.push_str(&fill_part(rest, &value).0);
    Cow::Owned(text)
}

fn fill_part<'v>(part: &str, value: &impl Fn(&str) -> Option<&'v str>) -> (String, bool) {
    let mut text = String::with_capacity(part.len());
    let mut complete = true;
    let mut rest = part;
    while let Some((plain, after)) = rest.split_once('{') {
        let (key, after) = after.split_once('}').unwrap_or((after, ""));
        text.push_str(plain);
        match value(key) {
            Some(found) => text.push_str(found),
            None => complete = false,
        }
        rest = after;
    }
    text.push_str(rest);
    (text, complete)
}
