//! Names of the metadata that the suite reads and writes, and gRPC's spelling of a timeout.

use std::time::Duration;

/// Caller → gateway: `Bearer <token>`.
pub const AUTHORIZATION: &str = "authorization";
/// Caller → gateway: the business time (业务时间) wanted, RFC 3339; a try-out suite alone takes it.
pub const BUSINESS_TIME: &str = "canopy-business-time";
/// Gateway or service → service: who is calling, signed.
pub const ASSERTION: &str = "canopy-assertion";
/// W3C trace context.
pub const TRACEPARENT: &str = "traceparent";
/// Time left to the caller's deadline, as gRPC spells it.
pub const GRPC_TIMEOUT: &str = "grpc-timeout";

/// Reads gRPC's spelling of a timeout: at most eight digits and a unit, such as `250m` for 250 ms.
pub fn parse_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_read_as_grpc_spells_it() {
        let cases = [
            ("250m", Some(Duration::from_millis(250))),
            ("1H", Some(Duration::from_secs(3600))),
            ("2M", Some(Duration::from_secs(120))),
            ("0S", Some(Duration::ZERO)),
            ("99999999u", Some(Duration::from_micros(99_999_999))),
            ("7n", Some(Duration::from_nanos(7))),
            ("100000000m", None),
            ("-1m", None),
            ("m", None),
            ("", None),
            ("5秒", None),
            ("5", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_timeout(text), expected, "{text:?}");
        }
    }
}
