//! Price and publicity (`RULES.md` R42; 促进科技成果转化法 18): an agreed price is posted with the name of the result for
//! some days before the signature, the price signed is the one posted, and a buyer whom an inventor holds is disclosed.

use canopy_kernel::{Failure, Fen, RuleTable, period, reason};
use jiff::civil::Date;

use super::model::{PriceMethod, Publicity, Terms};

/// Rule parameter: calendar days between posting and signature.
const PUBLICITY_DAYS: &str = "agreed_price_publicity_days";

/// Days that an agreed price is posted before the signature, in force on a day.
pub fn publicity_days(rules: &RuleTable, day: Date) -> Result<u32, Failure> {
    rules.days(PUBLICITY_DAYS, day)
}

/// Refuses an agreed price that was not posted for so many days before the signature, or that differs from what was
/// posted. Listed and auctioned prices were public by themselves.
pub fn require_publicised(terms: &Terms, days: u32) -> Result<(), Failure> {
    let (PriceMethod::Agreed, Some(signed_on)) = (terms.price_method, terms.signed_on) else { return Ok(()) };
    require_long_enough(terms.publicity, signed_on, days)?;
    require_same_price(terms.publicity, terms.price)
}

fn require_long_enough(publicity: Option<Publicity>, signed_on: Date, days: u32) -> Result<(), Failure> {
    match publicity.is_some_and(|it| period::add_days(it.posted_on, days) <= signed_on) {
        true => Ok(()),
        false => Err(Failure::new(&reason::PUBLICITY_TOO_SHORT).on("publicity_posted_on").with("days", days)),
    }
}

fn require_same_price(publicity: Option<Publicity>, price: Fen) -> Result<(), Failure> {
    match publicity.is_some_and(|it| it.price == price) {
        true => Ok(()),
        false => Err(Failure::new(&reason::PRICE_CHANGED).on("price_fen")),
    }
}

/// Refuses a tie between buyer and inventors that was not disclosed.
pub fn require_disclosed(terms: &Terms) -> Result<(), Failure> {
    match terms.buyer.related && !terms.disclosed {
        true => Err(Failure::new(&reason::RELATED_NOT_DISCLOSED).on("related_disclosed")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use canopy_kernel::Uscc;
    use jiff::civil::date;

    use super::*;
    use crate::deal::model::{Buyer, BuyerKind, Mode};

    fn fen(fen: i64) -> Fen {
        Fen::new(fen).unwrap()
    }

    fn terms(price_method: PriceMethod, publicity: Option<(i64, Date)>, related: bool) -> Terms {
        let uscc = Uscc::from_stored("91420105MA4KTTYX61").unwrap();
        Terms {
            number: "ZH1".to_owned(),
            mode: Mode::Transfer,
            price_method,
            price: fen(100),
            publicity: publicity.map(|(price, posted_on)| Publicity { price: fen(price), posted_on }),
            buyer: Buyer { uscc, kind: BuyerKind::Private, related },
            disclosed: false,
            signed_on: Some(date(2022, 3, 16)),
        }
    }

    fn answer(price_method: PriceMethod, publicity: Option<(i64, Date)>) -> Option<&'static str> {
        let outcome = require_publicised(&terms(price_method, publicity, false), 15);
        outcome.err().map(|failure| failure.reason().name)
    }

    #[test]
    fn an_agreed_price_is_posted_fifteen_days_before_the_signature() {
        use PriceMethod::{Agreed, Auction, Listed};
        assert_eq!(answer(Agreed, Some((100, date(2022, 3, 1)))), None);
        assert_eq!(answer(Agreed, Some((100, date(2022, 3, 2)))), Some("PUBLICITY_TOO_SHORT"));
        assert_eq!(answer(Agreed, None), Some("PUBLICITY_TOO_SHORT"));
        assert_eq!(answer(Listed, None), None);
        assert_eq!(answer(Auction, None), None);
    }

    #[test]
    fn the_price_signed_is_the_one_posted() {
        assert_eq!(answer(PriceMethod::Agreed, Some((99, date(2022, 3, 1)))), Some("PRICE_CHANGED"));
        // The publicity is judged first.
        assert_eq!(answer(PriceMethod::Agreed, Some((99, date(2022, 3, 2)))), Some("PUBLICITY_TOO_SHORT"));
    }

    #[test]
    fn a_buyer_whom_an_inventor_holds_is_disclosed() {
        let mut tied = terms(PriceMethod::Listed, None, true);
        assert_eq!(require_disclosed(&tied).unwrap_err().reason().name, "RELATED_NOT_DISCLOSED");
        tied.disclosed = true;
        assert_eq!(require_disclosed(&tied), Ok(()));
        assert_eq!(require_disclosed(&terms(PriceMethod::Listed, None, false)), Ok(()));
    }
}
