//! The catalogue of figures, and how a figure is read from the running suite.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use prost::Message;
use prost_reflect::{DynamicMessage, ReflectMessage, Value};
use serde::Deserialize;

use super::file::dataset::Settings;
use super::link::{Ask, Link};
use super::people::AUDITOR;
use super::wire;

/// Pages are as large as the contract allows.
const PAGE_SIZE: i32 = 1_000;

/// Fen in 万元, the unit of published sums.
const WAN: i64 = 1_000_000;

/// A figure: what it is called and where it is read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// Id, the same for every year.
    pub id: String,
    /// Name.
    pub en: String,
    /// Name in Chinese.
    pub zh: String,
    /// Unit.
    pub unit: String,
    rpc: String,
    #[serde(default)]
    request: toml::Table,
    #[serde(default)]
    list: Option<String>,
    #[serde(default, rename = "where")]
    matching: BTreeMap<String, String>,
    #[serde(default)]
    nth: i64,
    #[serde(default)]
    take: Take,
    #[serde(default)]
    field: String,
    #[serde(default)]
    show: Show,
    #[serde(default)]
    absent: Option<String>,
}

/// What is taken of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Take {
    /// One entry.
    #[default]
    Entry,
    /// The number of entries.
    Count,
}

/// How a value is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Show {
    /// As it is.
    #[default]
    Plain,
    /// Year of a day.
    Year,
    /// Month of a day.
    Month,
    /// Fen as 万元, decimals trimmed.
    Wan,
    /// Basis points as percent, decimals trimmed.
    Percent,
}

/// The whole catalogue.
pub fn catalogue() -> anyhow::Result<Vec<Figure>> {
    #[derive(Deserialize)]
    struct Catalogue {
        figure: Vec<Figure>,
    }
    let Catalogue { figure } = toml::from_str(include_str!("figures.toml")).context("figures.toml")?;
    Ok(figure)
}

impl Figure {
    /// Reads the figure from the suite, as of the data set's cut-off. None when there is nothing to read.
    pub async fn read(&self, link: &Link, settings: &Settings) -> anyhow::Result<Option<String>> {
        let mut pick = Pick::default();
        let mut page_token = String::new();
        loop {
            let answer = self.ask(link, settings, &page_token).await.with_context(|| self.id.clone())?;
            self.look(&answer, &mut pick).with_context(|| self.id.clone())?;
            page_token = next_page(&answer);
            if page_token.is_empty() {
                break;
            }
        }
        let value = pick.result(self.take).or_else(|| self.absent.clone());
        value.map(|value| self.show.value(&value).with_context(|| self.id.clone())).transpose()
    }

    async fn ask(
        &self,
        link: &Link,
        settings: &Settings,
        page_token: &str,
    ) -> anyhow::Result<DynamicMessage> {
        let method = wire::method(&self.rpc)?;
        let mut request = self.request(settings)?;
        set(&mut request, "page_size", Value::I32(PAGE_SIZE));
        set(&mut request, "page_token", Value::String(page_token.to_owned()));
        let path = format!("/{}", self.rpc);
        let ask = Ask { path: &path, by: &AUDITOR, at: None, body: request.encode_to_vec().into() };
        Ok(DynamicMessage::decode(method.output(), link.get(&ask).await?)?)
    }

    fn request(&self, settings: &Settings) -> anyhow::Result<DynamicMessage> {
        let method = wire::method(&self.rpc)?;
        let values = self.request.iter().map(|(name, value)| {
            let value = match value {
                toml::Value::String(text) => toml::Value::String(fill(text, settings)),
                other => other.clone(),
            };
            (name.clone(), value)
        });
        wire::message(&method.input(), &values.collect())
    }

    /// Looks at one page of the answer.
    fn look(&self, answer: &DynamicMessage, pick: &mut Pick) -> anyhow::Result<()> {
        let Some(list) = &self.list else {
            pick.value = wire::text(answer, &self.field)?;
            return Ok(());
        };
        for entry in wire::list(answer, list)? {
            if !self.matches(&entry)? {
                continue;
            }
            if self.take == Take::Entry && (self.nth < 0 || self.nth == pick.seen) {
                pick.value = wire::text(&entry, &self.field)?;
            }
            pick.seen += 1;
        }
        Ok(())
    }

    fn matches(&self, entry: &DynamicMessage) -> anyhow::Result<bool> {
        for (path, expected) in &self.matching {
            if wire::text(entry, path)?.as_deref() != Some(expected) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// What has been seen of the answer so far.
#[derive(Default)]
struct Pick {
    seen: i64,
    value: Option<String>,
}

impl Pick {
    fn result(self, take: Take) -> Option<String> {
        match take {
            Take::Entry => self.value,
            Take::Count => Some(self.seen.to_string()),
        }
    }
}

impl Show {
    fn value(self, text: &str) -> anyhow::Result<String> {
        Ok(match self {
            Show::Plain => text.to_owned(),
            Show::Year => canopy_kernel::date::parse(text)?.year().to_string(),
            Show::Month => canopy_kernel::date::parse(text)?.month().to_string(),
            Show::Wan => wan(text.parse()?)?,
            Show::Percent => percent(text.parse()?)?,
        })
    }
}

fn wan(fen: i64) -> anyhow::Result<String> {
    ensure!(fen >= 0, "a sum paid is not negative");
    Ok(super::verdict::trimmed(&format!("{}.{:06}", fen / WAN, fen % WAN)))
}

fn percent(basis_points: i64) -> anyhow::Result<String> {
    ensure!(basis_points >= 0, "a share is not negative");
    Ok(super::verdict::trimmed(&format!("{}.{:02}", basis_points / 100, basis_points % 100)))
}

fn fill(text: &str, settings: &Settings) -> String {
    text.replace("{cut_off}", &settings.cut_off.to_string())
        .replace("{year_start}", &format!("{:04}-01-01", settings.report_year))
        .replace("{year}", &settings.report_year.to_string())
}

/// Sets a field where the message has it.
fn set(message: &mut DynamicMessage, name: &str, value: Value) {
    if let Some(field) = message.descriptor().get_field_by_name(name) {
        message.set_field(&field, value);
    }
}

fn next_page(answer: &DynamicMessage) -> String {
    let token = answer.get_field_by_name("next_page_token");
    token.and_then(|token| token.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            report_year: 2022,
            cut_off: "2022-11-30".parse().unwrap(),
            zone: jiff::tz::TimeZone::UTC,
            ids: super::super::plan::RequestIds::of(b""),
        }
    }

    /// The ids of a list such as `S002-S003, S110`.
    fn ids(text: &str) -> Vec<String> {
        let mut ids = Vec::new();
        for part in text.split(", ") {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (from, to): (u32, u32) = (first[1..].parse().unwrap(), last[1..].parse().unwrap());
            ids.extend((from..=to).map(|number| format!("{}{number:03}", &first[..1])));
        }
        ids
    }

    #[test]
    fn the_catalogue_holds_every_figure_that_the_suite_covers() {
        let covered = "S002-S003, S015-S017, S021-S039, S045-S050, S073-S074, S079-S080, S083, S110, D001, D006, \
                       D011-D021, D026, D031, D043, D050, D051, D056, D301-D315, D317, D601-D603";
        let listed: Vec<String> = catalogue().unwrap().into_iter().map(|figure| figure.id).collect();
        assert_eq!(listed, ids(covered));
    }

    #[test]
    fn every_figure_names_a_method_and_fields_that_exist() {
        for figure in catalogue().unwrap() {
            let method = wire::method(&figure.rpc).unwrap();
            figure.request(&settings()).unwrap();
            let answer = DynamicMessage::new(method.output());
            let entry = match &figure.list {
                None => answer,
                Some(list) => {
                    let kind = method.output().get_field_by_name(list).unwrap().kind();
                    DynamicMessage::new(kind.as_message().unwrap().clone())
                }
            };
            if figure.take == Take::Entry {
                wire::text(&entry, &figure.field).unwrap();
            }
            figure.matches(&entry).unwrap();
        }
    }

    #[test]
    fn values_are_shown_in_the_unit_of_the_report() {
        assert_eq!(Show::Wan.value("37115000000").unwrap(), "37115");
        assert_eq!(Show::Wan.value("147117000").unwrap(), "147.117");
        assert_eq!(Show::Wan.value("0").unwrap(), "0");
        assert_eq!(Show::Percent.value("9600").unwrap(), "96");
        assert_eq!(Show::Percent.value("4007").unwrap(), "40.07");
        assert_eq!(Show::Month.value("2022-09-30").unwrap(), "9");
        assert_eq!(Show::Year.value("2022-09-30").unwrap(), "2022");
    }
}
