//! Extracts the script from shell commands.

use std::borrow::Cow;

/// Returns the script of `bash -lc 'script'`; any other command verbatim.
pub(crate) fn script(command: &str) -> Cow<'_, str> {
    let rest = command
        .split_once(' ')
        .and_then(|(shell, rest)| {
            let (option, script) = rest.split_once(' ')?;
            runs_script(shell, option).then_some(script)
        })
        .and_then(one_word);
    rest.map_or(Cow::Borrowed(command), Cow::Owned)
}

/// Returns whether the command is a shell, and the option makes it run the script that follows.
pub(crate) fn runs_script(shell: &str, option: &str) -> bool {
    let name = shell.rsplit('/').next().unwrap_or_default();
    matches!(name, "bash" | "sh" | "zsh" | "dash" | "fish") && matches!(option, "-lc" | "-c")
}

/// Returns the single word that a shell parses from `quoted`, if it is one; expansions are kept.
fn one_word(quoted: &str) -> Option<String> {
    let mut word = String::new();
    let mut rest = quoted.chars();
    while let Some(character) = rest.next() {
        match character {
            '\'' => loop {
                match rest.next()? {
                    '\'' => break,
                    inside => word.push(inside),
                }
            },
            '"' => loop {
                match rest.next()? {
                    '"' => break,
                    '\\' => match rest.next()? {
                        '\n' => {}
                        escaped @ ('$' | '`' | '"' | '\\') => word.push(escaped),
                        other => word.extend(['\\', other]),
                    },
                    inside => word.push(inside),
                }
            },
            '\\' => word.push(rest.next()?),
            space if space.is_whitespace() => return None,
            other => word.push(other),
        }
    }
    (!word.is_empty()).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extracts_the_script_of_a_shell() {
        for (command, shown) in [
            ("bash -lc ls", "ls"),
            ("/bin/bash -lc 'cargo test'", "cargo test"),
            (
                "/usr/bin/zsh -c \"grep -n \\\"a\\\" \\$HOME \\n\"",
                "grep -n \"a\" $HOME \\n",
            ),
            (r#"bash -lc 'echo '"'"'hi'"'"'!'"#, "echo 'hi'!"),
            (r"sh -c a\ b", "a b"),
            ("bash -lc 'line 1\nline 2'", "line 1\nline 2"),
        ] {
            assert_eq!(script(command), shown, "{command}");
        }
    }

    #[test]
    fn keeps_other_commands_verbatim() {
        for command in [
            "",
            "ls -la",
            "bash",
            "bash -lc",
            "bash -lc ",
            "bash -x script.sh",
            "bash -lc 'not ended",
            "bash -lc two words",
            "bash -lc 'a' b",
            "python -c 'print(1)'",
            "rebash -lc ls",
            "\"C:\\\\pwsh.exe\" -Command ls",
        ] {
            assert_eq!(script(command), command);
        }
    }
}
