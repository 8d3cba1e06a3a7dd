//! Numbers of recognitions and area codes.

use canopy_kernel::{AreaCode, HnteNumber, SmeListingNumber, reason};

#[test]
fn a_high_tech_certificate_is_gr_or_gf_and_twelve_digits() {
    for text in ["GR202242000378", "GF202142004207"] {
        let number = HnteNumber::parse(text).unwrap();
        assert_eq!(number.to_string(), text);
    }
    assert_eq!(HnteNumber::parse("GR202242000378").unwrap().year(), 2022);
}

#[test]
fn a_malformed_high_tech_certificate_is_refused() {
    let malformed =
        ["", "GR20224290000", "GR20224290003A", "GH202242090001", "gr202242090002", "GR2022420000011"];
    for text in malformed {
        let failure = HnteNumber::parse(text).unwrap_err();
        assert_eq!(failure.reason(), &reason::CERTIFICATE_NUMBER_FORMAT, "{text}");
    }
}

#[test]
fn an_sme_listing_is_year_area_two_characters_and_serial() {
    for text in ["202242010208077001", "2022420106A0000001", "20224201060A000001", "202242010600000001"] {
        let number = SmeListingNumber::parse(text).unwrap();
        assert_eq!((number.as_str(), number.year()), (text, 2022));
    }
}

#[test]
fn a_malformed_sme_listing_is_refused() {
    let malformed = [
        "",
        "2020224201170877002",
        "2022420102-8077001",
        "2022420111080077000",
        "192242010208077001",
        "2022420102a8077001",
        "20224201020807700A",
    ];
    for text in malformed {
        let failure = SmeListingNumber::parse(text).unwrap_err();
        assert_eq!(failure.reason(), &reason::LISTING_NUMBER_FORMAT, "{text}");
    }
}

#[test]
fn an_area_has_six_digits_and_may_lie_in_the_city() {
    let wuchang = AreaCode::parse("420106").unwrap();
    assert!(wuchang.starts_with("4201"));
    assert_eq!(wuchang.within("4201").unwrap(), wuchang);
    for text in ["", "42010", "4201060", "42010A", "４２０１０６"] {
        assert_eq!(AreaCode::parse(text).unwrap_err().reason(), &reason::AREA_CODE_FORMAT, "{text}");
    }
}

#[test]
fn an_area_of_another_city_is_refused() {
    for text in ["310115", "440305", "420000", "421004"] {
        let failure = AreaCode::parse(text).unwrap().within("4201").unwrap_err();
        assert_eq!(failure.reason(), &reason::AREA_OUTSIDE_CITY, "{text}");
        assert!(failure.text_en().contains(text), "{}", failure.text_en());
    }
}
