//! What was given up, in words.

/// How far the program is confined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// As far as the kernel can: each step and what came of it.
    Confined(Vec<(&'static str, State)>),
    /// Not at all, as was asked for.
    Off,
    /// Not at all, for this system offers nothing that is known.
    Unsupported,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It was taken.
    Taken(String),
    /// The kernel does it as far as it can; what is left open.
    Partial(String),
    /// The kernel cannot do it; why.
    Lacking(String),
}

impl Status {
    /// In a line: what still can be done, or that all can be.
    pub fn line(&self) -> String {
        match self {
            Self::Off => "not confined: --no-sandbox".to_owned(),
            Self::Unsupported => "not confined: it is on Linux only".to_owned(),
            Self::Confined(steps) => {
                let taken = steps.iter().filter_map(|(_, state)| match state {
                    State::Taken(what) => Some(what.as_str()),
                    State::Partial(_) | State::Lacking(_) => None,
                });
                format!("confined: {}", taken.collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// What a person should know who relies on it: that it is open, or which steps are lacking.
    pub fn warnings(&self) -> Vec<String> {
        match self {
            Self::Off | Self::Unsupported => vec![self.line()],
            Self::Confined(steps) => {
                let lacking = steps.iter().filter_map(|(name, state)| match state {
                    State::Partial(why) | State::Lacking(why) => {
                        Some(format!("not fully confined: {name}: {why}"))
                    }
                    State::Taken(_) => None,
                });
                lacking.collect()
            }
        }
    }

    /// In a line: which steps are lacking as a whole, if any. What an older kernel leaves to another
    /// step is no reason to warn of each time.
    pub fn lacking(&self) -> Option<String> {
        let Self::Confined(steps) = self else { return None };
        let lacking = steps.iter().filter_map(|(name, state)| match state {
            State::Lacking(why) => Some(format!("{name}: {why}")),
            State::Taken(_) | State::Partial(_) => None,
        });
        let lacking: Vec<_> = lacking.collect();
        (!lacking.is_empty()).then(|| format!("not fully confined: {}", lacking.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_what_holds_and_a_warning_what_does_not() {
        let status = Status::Confined(vec![
            ("user", State::Taken("user nobody".into())),
            ("capabilities", State::Taken("no capability".into())),
            ("files", State::Lacking("this kernel has no Landlock".into())),
            ("devices", State::Partial("left to another".into())),
        ]);
        assert_eq!(status.line(), "confined: user nobody, no capability");
        let lacking = "not fully confined: files: this kernel has no Landlock";
        assert_eq!(status.warnings(), [lacking, "not fully confined: devices: left to another"]);
        assert_eq!(status.lacking().as_deref(), Some(lacking));
        assert_eq!(Status::Confined(vec![("a", State::Partial("b".into()))]).lacking(), None);
        assert_eq!(Status::Off.warnings(), ["not confined: --no-sandbox"]);
    }
}
