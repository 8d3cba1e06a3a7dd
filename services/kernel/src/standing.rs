//! Standing of an organisation in the register (登记状态).

use crate::words;

words! {
    /// Whether an organisation is in the register and in the city.
    SubjectStatus {
        /// In the register and in the city.
        Active = "ACTIVE",
        /// Moved out of the city (迁出).
        MovedOut = "MOVED_OUT",
        /// Deregistered (注销).
        Deregistered = "DEREGISTERED",
    }
}
