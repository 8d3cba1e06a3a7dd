//! What the service really sends to the database for one write, taken from the server's log, as a script for pgbench.
//! The script is made anew on each run, so it cannot differ from the service.

use std::path::Path;

use anyhow::{Context as _, ensure};

/// One statement with its parameters, as they stand in the log.
struct Statement {
    text: String,
    parameters: Vec<String>,
}

/// The statements of one transaction, in order.
pub struct Sent(Vec<Statement>);

/// A value of the write that is another one in each: by what pgbench replaces it.
pub struct Varying {
    /// The value in the write that was seen.
    pub seen: String,
    /// The SQL expression of type text.
    pub expression: String,
}

impl Sent {
    /// Reads the transaction in which a value stands; none while the log has not got its end.
    pub fn read(log: &Path, value: &str) -> anyhow::Result<Option<Sent>> {
        let text = std::fs::read_to_string(log)?;
        let entries = entries(&text);
        let of_value = entries.iter().position(|entry| entry.text.contains(value));
        let Some(place) = of_value else { return Ok(None) };
        let process = entries[place].process;
        let is_begin = |text: &str| text.starts_with("statement: begin");
        let begin =
            entries[..place].iter().rposition(|it| it.process == process && is_begin(it.text.as_str()));
        let begin = begin.context("the write has no begin in the log")?;
        let mut statements: Vec<Statement> = Vec::new();
        for entry in entries[begin..].iter().filter(|entry| entry.process == process) {
            let (kind, text) = entry.text.split_once(": ").unwrap_or_default();
            match kind {
                "parameters" => {
                    let last = statements.last_mut().context("parameters of no statement")?;
                    last.parameters = parameters(text)?;
                }
                _ => {
                    // pgbench sends one command a time; of the text that begins, it sends the `begin` alone.
                    let text = if statements.is_empty() { "begin" } else { text };
                    statements.push(Statement { text: text.to_owned(), parameters: Vec::new() });
                }
            }
            if text.eq_ignore_ascii_case("commit") {
                return Ok(Some(Sent(statements)));
            }
        }
        Ok(None)
    }

    /// How many statements.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// UUIDs that stand in its parameters, each once.
    pub fn uuids(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for parameter in self.0.iter().flat_map(|statement| &statement.parameters) {
            for word in parameter.split(|c: char| !c.is_ascii_hexdigit() && c != '-') {
                if word.len() == 36
                    && uuid::Uuid::try_parse(word).is_ok()
                    && !found.iter().any(|it| it == word)
                {
                    found.push(word.to_owned());
                }
            }
        }
        found
    }

    /// The script: the same statements, with literals for the parameters and expressions for what varies.
    pub fn script(&self, head: &str, varying: &[Varying]) -> String {
        let statements = self.0.iter().map(|statement| {
            let lines = statement.text.lines().filter(|line| !line.starts_with("--"));
            let mut text = lines.collect::<Vec<_>>().join("\n");
            // From the last, so that $1 does not hit $10.
            for (index, value) in statement.parameters.iter().enumerate().rev() {
                let (place, value) = (format!("${}", index + 1), expression(value, varying));
                text = text.replace(&format!("{place}::"), &format!("{value}::"));
                // An expression that makes an array has to say so where the statement does not.
                let array = if value.starts_with("(E'{'") { "::text[]" } else { "" };
                text = text.replace(&place, &format!("{value}{array}"));
            }
            format!("{text};\n")
        });
        format!("{head}{}", statements.collect::<String>())
    }
}

/// A parameter's value as SQL: a literal, with expressions where it holds what varies.
fn expression(value: &str, varying: &[Varying]) -> String {
    if value == "NULL" {
        return value.to_owned();
    }
    let Some(it) = varying.iter().find(|it| value.contains(&it.seen)) else { return literal(value) };
    if value == it.seen {
        return match uuid::Uuid::try_parse(value) {
            Ok(_) => format!("({})::uuid", it.expression),
            Err(_) => format!("({})", it.expression),
        };
    }
    let parts: Vec<String> = value.split(&it.seen).map(|part| expression(part, varying)).collect();
    format!("({})", parts.join(&format!(" || {} || ", it.expression)))
}

/// A literal in which pgbench finds no variable, and which holds no parameter of ours.
fn literal(value: &str) -> String {
    let escaped = value.replace('\\', "\\\\").replace('\'', "''").replace(':', "\\072").replace('$', "\\044");
    format!("E'{escaped}'")
}

struct Entry {
    process: u32,
    text: String,
}

/// Entries of the log: `… [process] LOG:  text`, with further lines indented.
fn entries(log: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in log.lines() {
        if let Some(further) = line.strip_prefix('\t') {
            if let Some(last) = entries.last_mut() {
                last.text.push('\n');
                last.text.push_str(further);
            }
            continue;
        }
        let head = line
            .split_once("] ")
            .and_then(|(head, rest)| Some((head.rsplit('[').next()?.parse().ok()?, rest)));
        let Some((process, rest)) = head else { continue };
        let text = ["LOG:  ", "DETAIL:  "].iter().find_map(|kind| rest.strip_prefix(kind));
        // The name of a prepared statement says nothing; Postgres 16 begins its details with a capital.
        let text = text.unwrap_or_default().replacen("Parameters: ", "parameters: ", 1);
        entries.push(Entry { process, text });
    }
    entries
}

/// Values of `$1 = 'a', $2 = NULL`, unquoted.
fn parameters(text: &str) -> anyhow::Result<Vec<String>> {
    let mut values = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let head = format!("${} = ", values.len() + 1);
        rest = rest.strip_prefix(head.as_str()).with_context(|| format!("not a parameter: {rest}"))?;
        if let Some(after) = rest.strip_prefix("NULL") {
            values.push("NULL".to_owned());
            rest = after;
        } else {
            let (value, after) = quoted(rest)?;
            values.push(value);
            rest = after;
        }
        rest = rest.strip_prefix(", ").unwrap_or(rest);
    }
    Ok(values)
}

/// A value in quotes, those inside doubled, and what follows it.
fn quoted(text: &str) -> anyhow::Result<(String, &str)> {
    ensure!(text.starts_with('\''), "no quote: {text}");
    let mut value = String::new();
    let mut characters = text[1..].char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if character != '\'' {
            value.push(character);
            continue;
        }
        if !matches!(characters.peek(), Some((_, '\''))) {
            return Ok((value, &text[at + 2..]));
        }
        characters.next();
        value.push('\'');
    }
    anyhow::bail!("a quote does not end: {text}")
}
