//! How long a call may take: the caller's `grpc-timeout`, and for a unary call at most the cap,
//! which also counts when the caller says nothing. A stream lasts as long as its caller wants.

use std::time::Duration;

use canopy_kernel::{Failure, reason};
use canopy_platform::metadata::GRPC_TIMEOUT;
use http::{HeaderMap, HeaderValue};

/// The longest time of a unary call, with the header that says so to the service.
#[derive(Clone, Debug)]
pub(crate) struct Cap {
    longest: Duration,
    header: HeaderValue,
}

impl Cap {
    pub(crate) fn seconds(seconds: u64) -> Self {
        // Eight digits are all the header has room for.
        let seconds = seconds.clamp(1, 99_999_999);
        let header = HeaderValue::from_str(&format!("{seconds}S")).expect("digits and a letter");
        Self { longest: Duration::from_secs(seconds), header }
    }

    /// The time a unary call has; the headers then say it too.
    pub(crate) fn bound(&self, headers: &mut HeaderMap) -> Result<Duration, Failure> {
        match asked(headers)? {
            Some(asked) if asked <= self.longest => Ok(asked),
            _ => {
                headers.insert(GRPC_TIMEOUT, self.header.clone());
                Ok(self.longest)
            }
        }
    }
}

/// The time that the caller gives the call, if it says so.
pub(crate) fn asked(headers: &HeaderMap) -> Result<Option<Duration>, Failure> {
    let Some(value) = headers.get(GRPC_TIMEOUT) else { return Ok(None) };
    match parse(value.as_bytes())? {
        Duration::ZERO => Err(Failure::new(&reason::DEADLINE_EXCEEDED)),
        time => Ok(Some(time)),
    }
}

/// At most eight digits and a unit, as gRPC over HTTP/2 has it.
fn parse(value: &[u8]) -> Result<Duration, Failure> {
    let malformed = || Failure::new(&reason::FIELD_INVALID).on(GRPC_TIMEOUT);
    let (unit, digits) = value.split_last().ok_or_else(malformed)?;
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return Err(malformed());
    }
    let number = digits.iter().fold(0_u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    match unit {
        b'H' => Ok(Duration::from_secs(number * 3_600)),
        b'M' => Ok(Duration::from_secs(number * 60)),
        b'S' => Ok(Duration::from_secs(number)),
        b'm' => Ok(Duration::from_millis(number)),
        b'u' => Ok(Duration::from_micros(number)),
        b'n' => Ok(Duration::from_nanos(number)),
        _ => Err(malformed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(asked: Option<&'static str>) -> (Result<Duration, Failure>, Option<String>) {
        let mut headers = HeaderMap::new();
        if let Some(asked) = asked {
            headers.insert(GRPC_TIMEOUT, HeaderValue::from_static(asked));
        }
        let time = Cap::seconds(30).bound(&mut headers);
        let told = headers.get(GRPC_TIMEOUT).map(|value| value.to_str().unwrap().to_owned());
        (time, told)
    }

    #[test]
    fn a_caller_who_says_nothing_gets_the_cap() {
        assert_eq!(bound(None), (Ok(Duration::from_secs(30)), Some("30S".into())));
    }

    #[test]
    fn a_shorter_time_is_passed_on_and_a_longer_one_cut() {
        assert_eq!(bound(Some("250m")), (Ok(Duration::from_millis(250)), Some("250m".into())));
        assert_eq!(bound(Some("30S")), (Ok(Duration::from_secs(30)), Some("30S".into())));
        assert_eq!(bound(Some("31S")), (Ok(Duration::from_secs(30)), Some("30S".into())));
        assert_eq!(bound(Some("99999999H")), (Ok(Duration::from_secs(30)), Some("30S".into())));
    }

    #[test]
    fn a_deadline_already_past_is_exceeded_and_nonsense_is_invalid() {
        assert_eq!(bound(Some("0n")).0.unwrap_err().reason(), &reason::DEADLINE_EXCEEDED);
        for nonsense in ["S", "5", "-1S", "123456789S", "5x", ""] {
            let failure = bound(Some(nonsense)).0.unwrap_err();
            assert_eq!(failure.reason(), &reason::FIELD_INVALID, "{nonsense}");
            assert_eq!(failure.field(), Some(GRPC_TIMEOUT));
        }
    }
}
