//! Tokens and costs.

use serde::{Deserialize, Serialize};

/// The tokens and the cost of a turn or of a transcript. A field is `None` if the runtime does not report it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// The input tokens, including those read from and written to a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<i64>,
    /// The input tokens that were read from a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input_tokens: Option<i64>,
    /// The input tokens that were written to a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_tokens: Option<i64>,
    /// The output tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<i64>,
    /// The tokens that were used for thinking. Codex includes them in the output tokens; Gemini CLI and opencode do not;
    /// Claude Code does not report them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<i64>,
    /// The cost in US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// Where the numbers come from.
    pub source: UsageSource,
}

/// Where the numbers of a [`Usage`] come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageSource {
    /// The runtime reports them as a whole.
    #[default]
    Reported,
    /// They are the sum of several reports.
    Summed,
    /// Known to be incomplete: the turn ended before the runtime reported its totals (for example, it was interrupted),
    /// or the runtime does not report the usage of subagents.
    Partial,
}

impl Usage {
    /// Returns the sum of two usages. A number that only one reports counts as the sum.
    #[must_use]
    pub(crate) fn plus(self, other: Self) -> Self {
        self.combined(other, i64::saturating_add, |a, b| a + b)
    }

    /// Returns whether any number is known.
    pub(crate) fn is_known(&self) -> bool {
        let source = self.source;
        *self
            != Self {
                source,
                ..Self::default()
            }
    }

    /// Returns the usage since an earlier total; `self` if the total is not an earlier one.
    #[must_use]
    pub(crate) fn since(self, earlier: Self) -> Self {
        let is_later = |now: Option<i64>, then: Option<i64>| then.is_none() || now >= then;
        if is_later(self.input_tokens, earlier.input_tokens)
            && is_later(self.output_tokens, earlier.output_tokens)
        {
            let known = |now: Option<i64>, difference: Option<i64>| {
                now.and(difference).map(|difference| difference.max(0))
            };
            let difference = self.combined(earlier, i64::saturating_sub, |a, b| a - b);
            Self {
                input_tokens: known(self.input_tokens, difference.input_tokens),
                cached_input_tokens: known(
                    self.cached_input_tokens,
                    difference.cached_input_tokens,
                ),
                cache_write_tokens: known(self.cache_write_tokens, difference.cache_write_tokens),
                output_tokens: known(self.output_tokens, difference.output_tokens),
                reasoning_tokens: known(self.reasoning_tokens, difference.reasoning_tokens),
                cost_usd: self.cost_usd.and(difference.cost_usd),
                source: self.source,
            }
        } else {
            self
        }
    }

    fn combined(
        self,
        other: Self,
        count: impl Fn(i64, i64) -> i64,
        cost: impl Fn(f64, f64) -> f64,
    ) -> Self {
        let tokens = |a: Option<i64>, b: Option<i64>| match (a, b) {
            (Some(a), Some(b)) => Some(count(a, b)),
            (a, b) => a.or(b),
        };
        Self {
            input_tokens: tokens(self.input_tokens, other.input_tokens),
            cached_input_tokens: tokens(self.cached_input_tokens, other.cached_input_tokens),
            cache_write_tokens: tokens(self.cache_write_tokens, other.cache_write_tokens),
            output_tokens: tokens(self.output_tokens, other.output_tokens),
            reasoning_tokens: tokens(self.reasoning_tokens, other.reasoning_tokens),
            cost_usd: match (self.cost_usd, other.cost_usd) {
                (Some(a), Some(b)) => Some(cost(a, b)),
                (a, b) => a.or(b),
            },
            source: if [self.source, other.source].contains(&UsageSource::Partial) {
                UsageSource::Partial
            } else {
                UsageSource::Summed
            },
        }
    }
}
