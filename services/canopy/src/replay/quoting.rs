//! Checks the quoting of a CSV file as RFC 4180 has it, byte by byte, so that the place of a stray quote is known.

/// What is wrong with the quoting, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line, 1 = first.
    pub line: u64,
    /// Field of the record, 1 = first.
    pub column: usize,
    /// What.
    pub what: &'static str,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    FieldStart,
    Plain,
    Quoted,
    /// Behind a quote inside a quoted field: a second one, or the end of the field.
    QuoteInQuoted,
}

/// A scan under way. Lines and fields are counted as they go by.
#[derive(Clone, Copy, Debug)]
pub struct Scan {
    state: State,
    line: u64,
    column: usize,
    /// Where the quoted field began, for a quote that is never closed.
    opened: (u64, usize),
}

impl Default for Scan {
    fn default() -> Self {
        Self { state: State::default(), line: 1, column: 1, opened: (1, 1) }
    }
}

impl Scan {
    /// Takes the next bytes; says the first fault.
    pub fn feed(&mut self, bytes: &[u8]) -> Option<Fault> {
        bytes.iter().find_map(|byte| self.step(*byte))
    }

    /// Says whether the file may end here.
    pub fn end(&self) -> Option<Fault> {
        let (line, column) = self.opened;
        (self.state == State::Quoted).then_some(Fault { line, column, what: "a quote is never closed" })
    }

    fn step(&mut self, byte: u8) -> Option<Fault> {
        match (self.state, byte) {
            (State::FieldStart, b'"') => {
                self.state = State::Quoted;
                self.opened = (self.line, self.column);
            }
            (State::Quoted, b'"') => self.state = State::QuoteInQuoted,
            (State::QuoteInQuoted, b'"') => self.state = State::Quoted,
            (State::Quoted, b'\n') => self.line += 1,
            (State::Quoted, _) | (State::QuoteInQuoted | State::FieldStart, b'\r') => {}
            (State::FieldStart | State::Plain | State::QuoteInQuoted, b',') => {
                self.state = State::FieldStart;
                self.column += 1;
            }
            (State::FieldStart | State::Plain | State::QuoteInQuoted, b'\n') => {
                self.state = State::FieldStart;
                self.line += 1;
                self.column = 1;
            }
            (State::Plain, b'"') => return Some(self.fault("a quote inside a field that is not quoted")),
            (State::QuoteInQuoted, _) => return Some(self.fault("text behind a closing quote")),
            (State::FieldStart | State::Plain, _) => self.state = State::Plain,
        }
        None
    }

    fn fault(&self, what: &'static str) -> Fault {
        Fault { line: self.line, column: self.column, what }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Option<(u64, usize)> {
        let mut scan = Scan::default();
        let fault = scan.feed(text.as_bytes()).or_else(|| scan.end());
        fault.map(|fault| (fault.line, fault.column))
    }

    #[test]
    fn a_stray_quote_is_reported_with_line_and_column() {
        let cases = [
            ("a,b\n1,2\n", None),
            ("a,b\n\"1,\n\"\"2\"\"\",3\n", None),
            ("a,b\r\n\"1\",2\r\n", None),
            ("a,b\n1,2\"3\n", Some((2, 2))),
            ("a,b\n\"1\"2,3\n", Some((2, 1))),
            ("a,b\n1,2\n3,\"4\n5,6\n", Some((3, 2))),
            ("a,b\n\"x\ny\",\"z\"!\n", Some((3, 2))),
        ];
        for (text, expected) in cases {
            assert_eq!(fault(text), expected, "{text:?}");
        }
    }
}
