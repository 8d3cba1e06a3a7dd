//! Pages.

use canopy_kernel::{PageSize, reason};

#[test]
fn nothing_asked_is_the_default_and_too_much_is_the_maximum() {
    for (asked, size) in [(0, 50), (1, 1), (1_000, 1_000), (1_001, 1_000), (i32::MAX, 1_000)] {
        assert_eq!(PageSize::parse(asked, 50, 1_000).unwrap().get(), size, "{asked}");
    }
}

#[test]
fn a_size_below_zero_is_refused() {
    let failure = PageSize::parse(-1, 50, 1_000).unwrap_err();
    assert_eq!((failure.reason(), failure.field()), (&reason::PAGE_SIZE_INVALID, Some("page_size")));
}
