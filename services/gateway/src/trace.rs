//! Sees to it that every call carries a W3C trace context.

use canopy_platform::metadata::TRACEPARENT;
use http::{HeaderMap, HeaderValue};

/// Length of `00-<32 hex>-<16 hex>-<2 hex>`.
const LENGTH: usize = 55;

/// Keeps a well-formed `traceparent`, else begins a sampled trace.
pub(crate) fn ensure(headers: &mut HeaderMap) {
    if !headers.get(TRACEPARENT).is_some_and(|value| is_well_formed(value.as_bytes())) {
        headers.insert(TRACEPARENT, begin(rand::random(), rand::random()));
    }
}

fn begin(trace: [u8; 16], span: [u8; 8]) -> HeaderValue {
    let mut text = [b'-'; LENGTH];
    text[..2].copy_from_slice(b"00");
    write_hex(&mut text[3..35], &trace);
    write_hex(&mut text[36..52], &span);
    text[53..].copy_from_slice(b"01");
    let mut value = HeaderValue::from_bytes(&text).expect("hexadecimal digits and dashes");
    // Keeps a value that never comes again out of the connection's header table, where it would
    // push out the assertion, which comes with every call.
    value.set_sensitive(true);
    value
}

fn write_hex(text: &mut [u8], bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 0xf)];
    }
}

/// Later versions may append fields; `ff` and all-zero ids are forbidden.
fn is_well_formed(value: &[u8]) -> bool {
    let hex = |part: &[u8]| part.iter().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    let some = |part: &[u8]| hex(part) && part.iter().any(|c| *c != b'0');
    let dashes = [2, 35, 52];
    value.len() >= LENGTH
        && dashes.iter().all(|at| value[*at] == b'-')
        && hex(&value[..2])
        && &value[..2] != b"ff"
        && some(&value[3..35])
        && some(&value[36..52])
        && hex(&value[53..LENGTH])
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_trace_that_the_caller_began_is_kept() {
        let mut headers = HeaderMap::new();
        headers.insert(TRACEPARENT, HeaderValue::from_static(GIVEN));
        ensure(&mut headers);
        assert_eq!(headers[TRACEPARENT], GIVEN);
    }

    #[test]
    fn a_missing_or_malformed_trace_is_begun_anew() {
        for given in [
            "",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(TRACEPARENT, HeaderValue::from_static(given));
            ensure(&mut headers);
            assert_ne!(headers[TRACEPARENT], given);
            assert!(is_well_formed(headers[TRACEPARENT].as_bytes()));
        }
    }

    #[test]
    fn ids_are_written_in_order() {
        let trace = std::array::from_fn(|at| u8::try_from(at).unwrap() + 0xa0);
        let text = begin(trace, [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(text, "00-a0a1a2a3a4a5a6a7a8a9aaabacadaeaf-0102030405060708-01");
    }
}
