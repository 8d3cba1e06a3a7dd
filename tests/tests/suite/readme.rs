//! The README can't rot: what it shows in `console` blocks is typed and its answers are compared.

use canopy_tests::installation::{Ended, Installation, program};
use canopy_tests::source;
use tokio::process::Command;

/// A command as printed, and what it answers. `…` in an answer stands for anything within a line; a line of `…`
/// alone for any number of lines.
#[derive(Debug, PartialEq, Eq)]
struct Transcript {
    command: String,
    answer: String,
}

/// Commands and answers of the `console` blocks: a line that opens with `$ ` is typed, `\` at its end goes on.
fn transcripts(readme: &str) -> Vec<Transcript> {
    let mut found: Vec<Transcript> = Vec::new();
    let (mut inside, mut goes_on) = (false, false);
    for line in readme.lines() {
        match (inside, line.strip_prefix("$ ")) {
            (false, _) => inside = line.trim_end() == "```console",
            (true, _) if line.trim_end() == "```" => inside = false,
            (true, Some(command)) => {
                goes_on = command.ends_with('\\');
                found.push(Transcript { command: command.to_owned(), answer: String::new() });
            }
            (true, None) => {
                let Some(last) = found.last_mut() else { continue };
                let part = if goes_on { &mut last.command } else { &mut last.answer };
                part.push_str(&format!("\n{line}"));
                goes_on = goes_on && line.ends_with('\\');
            }
        }
    }
    for transcript in &mut found {
        transcript.answer = transcript.answer.trim().to_owned();
    }
    found
}

/// Whether an answer is the one shown.
fn holds(shown: &str, answer: &str) -> bool {
    match (shown, answer) {
        ("", "") => true,
        ("", _) => false,
        _ => {
            let (line, rest) = shown.split_once('\n').unwrap_or((shown, ""));
            if line.trim() == "…" {
                return holds(rest, answer) || (!answer.is_empty() && holds(shown, after_line(answer)));
            }
            let first = answer.lines().next().unwrap_or_default();
            !answer.is_empty()
                && line_holds(line.trim_end(), first.trim_end())
                && holds(rest, after_line(answer))
        }
    }
}

fn after_line(text: &str) -> &str {
    text.split_once('\n').map_or("", |(_, rest)| rest)
}

fn line_holds(shown: &str, line: &str) -> bool {
    let Some((head, tail)) = shown.split_once('…') else { return shown == line };
    let Some(rest) = line.strip_prefix(head) else { return false };
    let starts = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    starts.into_iter().any(|at| line_holds(tail, &rest[at..]))
}

/// Types what README.md shows against a running suite, which stands for the one of `make run`.
pub async fn transcripts_hold(installation: &Installation, address: &str) {
    let readme = std::fs::read_to_string(source::root().join("README.md")).unwrap();
    let transcripts = transcripts(&readme);
    let calls = transcripts.iter().filter(|it| it.command.contains("grpcurl ")).count();
    assert!(calls >= 5, "README.md shows {calls} calls by grpcurl");
    let data = installation.path().display().to_string();
    for Transcript { command, answer } in transcripts.iter().filter(|it| !it.command.starts_with("make ")) {
        let typed = command
            .replace("127.0.0.1:50051", address)
            .replace("localhost:50051", address)
            .replace("target/debug/canopy", &format!("{} --data {data}", program().display()))
            .replace(" data/", &format!(" {data}/"));
        let ended =
            Ended::wait(Command::new("bash").arg("-c").arg(typed).current_dir(source::root()).output()).await;
        assert!(
            holds(answer, ended.text.trim()),
            "README.md shows\n$ {command}\n{answer}\nbut it is\n{}",
            ended.text
        );
    }
}

#[test]
fn transcripts_are_read_as_people_write_them() {
    let readme = "x\n```console\n$ a \\\n    b\nanswer\n$ c\n```\n$ d\n```sh\n$ e\n```\n";
    let read = transcripts(readme);
    let text =
        |command: &str, answer: &str| Transcript { command: command.to_owned(), answer: answer.to_owned() };
    assert_eq!(read, [text("a \\\n    b", "answer"), text("c", "")]);
}

#[test]
fn an_ellipsis_stands_for_anything() {
    assert!(holds("a\n…\nd", "a\nb\nc\nd") && holds("id: …,", "id: x,") && holds("…", ""));
    assert!(
        !holds("a\nd", "a\nb\nd") && !holds("id: …;", "id: x,") && !holds("a", "a\nb") && !holds("a\nb", "a")
    );
}
