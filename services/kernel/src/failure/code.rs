//! The gRPC status codes that Canopy uses.

/// A gRPC status code. `DATA_LOSS` and `UNKNOWN` are never said by Canopy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// The call is answered; as a reason's code: a business refusal.
    Ok,
    /// The caller went away.
    Cancelled,
    /// Malformed or out of its domain, whatever the state.
    InvalidArgument,
    /// The deadline passed first.
    DeadlineExceeded,
    /// No such thing.
    NotFound,
    /// A second one of what there can be only one of.
    AlreadyExists,
    /// This caller may not.
    PermissionDenied,
    /// Budget, pool or quota used up.
    ResourceExhausted,
    /// Wrong state, or a rule is not met.
    FailedPrecondition,
    /// A concurrent change came first; try again.
    Aborted,
    /// A day outside the loaded calendar or rate table.
    OutOfRange,
    /// No such method.
    Unimplemented,
    /// A fault of ours.
    Internal,
    /// A dependency is away; try again.
    Unavailable,
    /// No or no valid proof of who is calling.
    Unauthenticated,
}

impl Code {
    /// Every code.
    pub const ALL: [Code; 15] = [
        Code::Ok,
        Code::Cancelled,
        Code::InvalidArgument,
        Code::DeadlineExceeded,
        Code::NotFound,
        Code::AlreadyExists,
        Code::PermissionDenied,
        Code::ResourceExhausted,
        Code::FailedPrecondition,
        Code::Aborted,
        Code::OutOfRange,
        Code::Unimplemented,
        Code::Internal,
        Code::Unavailable,
        Code::Unauthenticated,
    ];

    /// Name on the wire, such as `INVALID_ARGUMENT`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Code::Ok => "OK",
            Code::Cancelled => "CANCELLED",
            Code::InvalidArgument => "INVALID_ARGUMENT",
            Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Code::NotFound => "NOT_FOUND",
            Code::AlreadyExists => "ALREADY_EXISTS",
            Code::PermissionDenied => "PERMISSION_DENIED",
            Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Code::FailedPrecondition => "FAILED_PRECONDITION",
            Code::Aborted => "ABORTED",
            Code::OutOfRange => "OUT_OF_RANGE",
            Code::Unimplemented => "UNIMPLEMENTED",
            Code::Internal => "INTERNAL",
            Code::Unavailable => "UNAVAILABLE",
            Code::Unauthenticated => "UNAUTHENTICATED",
        }
    }

    /// The code of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == name)
    }

    /// Number in gRPC's `grpc-status`.
    pub const fn number(self) -> i32 {
        match self {
            Code::Ok => 0,
            Code::Cancelled => 1,
            Code::InvalidArgument => 3,
            Code::DeadlineExceeded => 4,
            Code::NotFound => 5,
            Code::AlreadyExists => 6,
            Code::PermissionDenied => 7,
            Code::ResourceExhausted => 8,
            Code::FailedPrecondition => 9,
            Code::Aborted => 10,
            Code::OutOfRange => 11,
            Code::Unimplemented => 12,
            Code::Internal => 13,
            Code::Unavailable => 14,
            Code::Unauthenticated => 16,
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
