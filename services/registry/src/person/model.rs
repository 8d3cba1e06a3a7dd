//! Persons (自然人): known by their passports, of which a renewed one stands beside the earlier (`RULES.md` R2).

use std::fmt;

use canopy_kernel::Passport;
use canopy_kernel::id::SubjectId;

/// A person as registered. Debug output hides the name.
#[derive(Clone)]
pub struct NewPerson {
    /// The passport shown.
    pub passport: Passport,
    /// The person's name.
    pub title: String,
}

impl fmt::Debug for NewPerson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewPerson").field("passport", &self.passport).finish_non_exhaustive()
    }
}

/// A renewed passport of a person.
#[derive(Clone, Debug)]
pub struct Renewal {
    /// The person.
    pub person: SubjectId,
    /// The new passport.
    pub passport: Passport,
}
