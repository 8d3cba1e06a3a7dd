//! What the database answers, as the suite's own failures.

use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use canopy_kernel::{Failure, reason};
use sqlx::postgres::PgQueryResult;

/// SQLSTATEs after which the same transaction may simply be tried again.
const RETRYABLE: [&str; 4] = ["40001", "40P01", "55P03", "57014"];

/// Beginnings of SQLSTATEs that say that the database cannot be reached now. Class 57P: the server is shutting down or
/// starting up; 55000 at connect: it takes no connections now; class 53: out of resources; class 08: the connection
/// broke; 3D000: the database is not there, as while it is put back from a copy.
const DOWN: [&str; 5] = ["57P", "55000", "53", "08", "3D000"];

/// Turns what the database says into a failure: DATABASE_DOWN when it cannot be reached,
/// TRANSACTION_CONFLICT when trying again may help, INTERNAL otherwise.
pub fn db(error: sqlx::Error) -> Failure {
    if let Some(code) = error.as_database_error().and_then(|it| it.code()) {
        if RETRYABLE.contains(&code.as_ref()) {
            return Failure::new(&reason::TRANSACTION_CONFLICT)
                .because(&error)
                .retry_after(Duration::from_millis(50));
        }
        if DOWN.iter().any(|class| code.starts_with(class)) {
            return down(&error);
        }
        return Failure::new(&reason::INTERNAL).because(&error);
    }
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => down(&error),
        // A connection cut in the middle of an answer.
        sqlx::Error::Protocol(_) => down(&error),
        other => Failure::new(&reason::INTERNAL).because(other),
    }
}

/// When a connection of this process was last found broken.
static BROKE: RwLock<Option<Instant>> = RwLock::new(None);

/// Whether a connection has been found broken since this long ago: one that rested meanwhile may be broken too.
pub(crate) fn broke_within(time: Duration) -> bool {
    BROKE.read().unwrap_or_else(PoisonError::into_inner).is_some_and(|broke| broke.elapsed() <= time)
}

fn down(error: &sqlx::Error) -> Failure {
    *BROKE.write().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    Failure::new(&reason::DATABASE_DOWN).because(error).retry_after(Duration::from_millis(500))
}

/// True when the statement failed on this named constraint.
pub fn violates(error: &sqlx::Error, constraint: &str) -> bool {
    error.as_database_error().and_then(|it| it.constraint()).is_some_and(|name| name == constraint)
}

/// Takes a guarded write that hit exactly one row; otherwise someone else was faster.
pub fn ensure_one(result: PgQueryResult) -> Result<(), Failure> {
    match result.rows_affected() {
        1 => Ok(()),
        rows => Err(Failure::new(&reason::VERSION_CONFLICT)
            .because(format!("{rows} rows instead of one"))
            .retry_after(Duration::from_millis(50))),
    }
}

/// Takes a set-based insert that entered every row; otherwise another transaction entered one meanwhile, and the piece
/// is tried again and then finds it.
pub fn ensure_all(result: PgQueryResult, rows: usize) -> Result<(), Failure> {
    match u64::try_from(rows) == Ok(result.rows_affected()) {
        true => Ok(()),
        false => Err(Failure::new(&reason::TRANSACTION_CONFLICT).because("a row was entered meanwhile")),
    }
}

/// True for the conflicts after which a named transaction is tried again as a whole.
pub(crate) fn is_conflict(failure: &Failure) -> bool {
    std::ptr::eq(failure.reason(), &raw const reason::TRANSACTION_CONFLICT)
        || failure.reason().name == reason::TRANSACTION_CONFLICT.name
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::error::Error;
    use std::fmt;

    use sqlx::error::{DatabaseError, ErrorKind};

    use super::*;

    /// What a server says with that SQLSTATE.
    #[derive(Debug)]
    struct Said(&'static str);

    impl fmt::Display for Said {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Said {}

    impl DatabaseError for Said {
        fn message(&self) -> &str {
            self.0
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }

        fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    #[test]
    fn each_sqlstate_is_the_failure_that_says_what_to_do() {
        let table = [
            ("57P01", "DATABASE_DOWN"),
            ("57P03", "DATABASE_DOWN"),
            ("55000", "DATABASE_DOWN"),
            ("53300", "DATABASE_DOWN"),
            ("08006", "DATABASE_DOWN"),
            // The database is dropped and put back.
            ("3D000", "DATABASE_DOWN"),
            ("40001", "TRANSACTION_CONFLICT"),
            ("55P03", "TRANSACTION_CONFLICT"),
            ("57014", "TRANSACTION_CONFLICT"),
            ("3F000", "INTERNAL"),
            ("42P01", "INTERNAL"),
        ];
        for (code, reason) in table {
            let failure = db(sqlx::Error::Database(Box::new(Said(code))));
            assert_eq!(failure.reason().name, reason, "{code}");
        }
    }
}
