//! The explanation that a firm is owed: clause by clause, with fact, source and day, in Chinese and English
//! (RULES.md R9). Only what was checked by the day asked is told.

use canopy_kernel::{Failure, Fen, Reason, reason};
use jiff::civil::Date;

use super::model::Candidate;
use super::rule_exclusion::{Exclusion, Hit, first};
use super::rule_publicity::Publicity;
use crate::mirror::model::Assessment;
use crate::policy::model::Terms;

/// Who keeps qualifications, subjects and accounts.
const REGISTRY: &str = "registry";

/// A check with the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Whether it was the one at the match.
    pub at_match: bool,
    /// Day checked.
    pub on: Date,
    /// Version of the rule parameters used.
    pub rule_version: String,
}

/// What a payment line was on the day asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineNow {
    /// Name of the state.
    pub state: String,
    /// Day from which it holds.
    pub on: Date,
}

/// All that is known of a candidate on the day asked.
#[derive(Clone, Debug)]
pub struct Known<'k> {
    /// Terms of the policy version used.
    pub terms: &'k Terms,
    /// The candidate.
    pub candidate: &'k Candidate,
    /// Day of the match.
    pub match_on: Date,
    /// Publicity, once posted.
    pub publicity: Option<Publicity>,
    /// Day of funding, once funded.
    pub funded_on: Option<Date>,
    /// Hits, in the declared order.
    pub hits: &'k [Hit],
    /// Checks with the registry, in order.
    pub checks: &'k [Check],
    /// The payment line, once there is one.
    pub line: Option<&'k LineNow>,
    /// Day asked.
    pub as_of: Date,
}

/// A clause of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Its name.
    pub clause: &'static str,
    /// Reason when it does not hold.
    pub reason: Option<&'static str>,
    /// The fact that decides.
    pub fact: String,
    /// Where the fact comes from.
    pub source: String,
    /// Day checked.
    pub on: Date,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// What a decision says as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No run has matched the firm.
    NotMatched,
    /// Left out.
    Excluded,
    /// Under way.
    InProgress,
    /// Credited on that day.
    Paid(Date),
}

/// The whole and the amount.
pub fn outcome(known: &Known<'_>) -> (Outcome, Fen) {
    let amount = known.candidate.amount;
    match known.line {
        Some(line) if line.state == "CREDITED" => (Outcome::Paid(line.on), amount),
        Some(line) if line.state == "ABANDONED" => (Outcome::Excluded, Fen::ZERO),
        _ => match first(known.hits, known.funded_on, known.as_of) {
            Some(hit) if !hit.reason.only_waits() => (Outcome::Excluded, Fen::ZERO),
            _ => (Outcome::InProgress, amount),
        },
    }
}

/// The clauses, in the declared order of reasons.
pub fn clauses(known: &Known<'_>) -> Vec<Clause> {
    let mut told = vec![in_force(known.terms, known.match_on), in_window(known)];
    told.extend(qualification(known));
    told.extend(standing(known));
    told.extend(payment(known));
    told.push(amount(known));
    told
}

/// What is told to a firm that no run has matched.
pub fn not_matched(terms: &Terms, as_of: Date) -> Vec<Clause> {
    let matched = Clause {
        clause: "matched",
        reason: Some(reason::UNKNOWN_CANDIDATE.name),
        fact: String::new(),
        source: "subsidy".to_owned(),
        on: as_of,
        zh: "没有一次匹配将该单位列为拟兑现对象".to_owned(),
        en: "No run has matched this organisation".to_owned(),
    };
    vec![in_force(terms, as_of), matched]
}

/// A clause that holds unless it has a reason not to.
struct Words {
    clause: &'static str,
    zh: &'static str,
    en: &'static str,
}

fn clause(
    words: &Words,
    why_not: Option<(&'static Reason, &str)>,
    fact: String,
    source: &str,
    on: Date,
) -> Clause {
    let told =
        why_not.map(|(reason, detail)| Failure::new(reason).with("day", on).with("listing_no", detail));
    Clause {
        clause: words.clause,
        reason: why_not.map(|(reason, _)| reason.name),
        fact,
        source: source.to_owned(),
        on,
        zh: told.as_ref().map_or_else(|| words.zh.to_owned(), Failure::text_zh),
        en: told.as_ref().map_or_else(|| words.en.to_owned(), Failure::text_en),
    }
}

/// The clause of a reason: it fails by the first hit, else it holds as of the day of the last check.
fn by_hits(known: &Known<'_>, exclusion: Exclusion, words: &Words, sound: (String, &str, Date)) -> Clause {
    match known.hits.iter().find(|hit| hit.reason == exclusion) {
        Some(hit) => {
            let why_not = Some((exclusion.reason(), hit.detail.as_str()));
            clause(words, why_not, hit.detail.clone(), sound.1, hit.checked_on)
        }
        None => clause(words, None, sound.0, sound.1, sound.2),
    }
}

fn in_force(terms: &Terms, on: Date) -> Clause {
    let words =
        Words {
            clause: "policy_in_force", zh: "政策文件在有效期内", en: "The policy document is in force"
        };
    let why_not = terms.require_in_force(on).err().map(|_| (&reason::POLICY_NOT_IN_FORCE, ""));
    clause(&words, why_not, format!("{}..{}", terms.valid_from, terms.valid_to), &terms.doc_no, on)
}

fn in_window(known: &Known<'_>) -> Clause {
    let words = Words {
        clause: "evidence_in_window",
        zh: "认定日期在政策规定的期间内",
        en: "The recognition was granted inside the policy's window",
    };
    let frozen = &known.candidate.frozen;
    let kind = &known.terms.evidence.qualification_kind;
    let fact = format!("{kind} {} {}", frozen.evidence_no, frozen.granted_on);
    clause(&words, None, fact, REGISTRY, known.match_on)
}

fn qualification(known: &Known<'_>) -> Vec<Clause> {
    let frozen = &known.candidate.frozen;
    let on = known.match_on;
    let mut told = Vec::new();
    if let Some(required) = &known.terms.requires {
        let words = Words {
            clause: "qualification_live",
            zh: "所需资质在匹配日有效",
            en: "The required qualification is live on the match day",
        };
        let sound = (format!("{} {}", required.kind, frozen.evidence_no), REGISTRY, on);
        told.push(by_hits(known, Exclusion::QualificationNotLive, &words, sound));
    }
    if known.terms.requires.as_ref().is_some_and(|required| required.must_pass) {
        let words = Words {
            clause: "assessment_passed",
            zh: "年度考核没有不合格",
            en: "The yearly assessment was not failed",
        };
        let result = frozen.assessment.map_or("NOT_ASSESSED", Assessment::as_str);
        told.push(by_hits(known, Exclusion::AssessmentFailed, &words, (result.to_owned(), REGISTRY, on)));
    }
    if let Some(prefix) = &known.terms.excluded_host_prefix {
        let words = Words {
            clause: "host_not_administrative",
            zh: "依托单位不属于不予补助的类别",
            en: "The host is not of a kind that gets nothing",
        };
        let sound = (format!("{} / {prefix}", frozen.uscc.prefix2()), REGISTRY, on);
        told.push(by_hits(known, Exclusion::AdministrativeHost, &words, sound));
    }
    told
}

fn standing(known: &Known<'_>) -> Vec<Clause> {
    let last = known.checks.last().map_or(known.match_on, |check| check.on);
    let version = |at_match| {
        let check = known.checks.iter().rev().find(|check| check.at_match == at_match);
        check.map(|check| format!("{REGISTRY} {}", check.rule_version))
    };
    let in_city = Words { clause: "in_city", zh: "未迁出本市", en: "It has not moved out of the city" };
    let registered = Words { clause: "registered", zh: "未注销", en: "It is not deregistered" };
    let at_match = Words {
        clause: "credit_at_match",
        zh: "匹配日不在失信名单内",
        en: "It was not on the joint-punishment list at the match",
    };
    let active = || ("ACTIVE".to_owned(), REGISTRY, last);
    let mut told = vec![
        by_hits(known, Exclusion::MovedOut, &in_city, active()),
        by_hits(known, Exclusion::Deregistered, &registered, active()),
    ];
    let source = version(true).unwrap_or_else(|| REGISTRY.to_owned());
    let none = |on| ("NOT_LISTED".to_owned(), source.as_str(), on);
    told.push(by_hits(known, Exclusion::CreditListedAtMatch, &at_match, none(known.match_on)));
    if let Some(publicity) = known.publicity {
        let words = Words {
            clause: "no_objection_upheld",
            zh: "公示期没有成立的异议",
            en: "No objection during publicity was upheld",
        };
        let days = format!("{}..{}", publicity.posted_on, publicity.last_day);
        told.push(by_hits(known, Exclusion::ObjectionUpheld, &words, (days, "subsidy", publicity.last_day)));
    }
    if let Some(source) = version(false) {
        let words = Words {
            clause: "credit_at_payment",
            zh: "公示截止日和拨付时不在失信名单内",
            en: "It was not on the list on the last day of publicity or at payment",
        };
        let sound = ("NOT_LISTED".to_owned(), source.as_str(), last);
        told.push(by_hits(known, Exclusion::CreditListedAtPayment, &words, sound));
    }
    told
}

fn payment(known: &Known<'_>) -> Vec<Clause> {
    let Some(funded_on) = known.funded_on else { return Vec::new() };
    let once = Words {
        clause: "once_a_year",
        zh: "本年度未重复享受本项政策",
        en: "It is the first payment under this policy this year",
    };
    let sound = (funded_on.year().to_string(), "subsidy", funded_on);
    let mut told = vec![by_hits(known, Exclusion::AlreadyPaidThisYear, &once, sound)];
    let Some(line) = known.line.filter(|line| line.state != "EXCLUDED" && line.state != "CREATED") else {
        return told;
    };
    let account = Words {
        clause: "account_name",
        zh: "收款户名与登记名称一致",
        en: "The payee name equals the registered name",
    };
    let transfer = Words {
        clause: "transfer",
        zh: "款项没有被退回而未更正",
        en: "No transfer bounced without a corrected account",
    };
    let fails = |state: &str, exclusion: Exclusion| (line.state == state).then(|| (exclusion.reason(), ""));
    let held = fails("HELD", Exclusion::AccountNameMismatch);
    told.push(clause(&account, held, line.state.clone(), REGISTRY, line.on));
    let returned = fails("RETURNED", Exclusion::TreasuryReturnNotCorrected);
    told.push(clause(&transfer, returned, line.state.clone(), "treasury", line.on));
    told
}

fn amount(known: &Known<'_>) -> Clause {
    let words = Words {
        clause: "amount",
        zh: "金额按政策标准确定",
        en: "The amount follows from the policy's terms",
    };
    let frozen = &known.candidate.frozen;
    let first = if frozen.first_recognition { "first" } else { "repeat" };
    let fact = format!("{} fen ({first}, tier {})", known.candidate.amount.get(), frozen.tier);
    let source = format!("{} {}", known.terms.doc_no, known.terms.amount.as_str());
    clause(&words, None, fact, &source, known.match_on)
}

#[cfg(test)]
mod tests;
