//! Any other runtime: the messages and the output of tools as text.

use super::{Cli, Printer};
use crate::script::{
    Step,
    turn::{PlanStep, ToolCall, TurnUsage},
};

pub(super) struct Plain;

impl Cli for Plain {
    fn start(&mut self, _: &mut Printer<'_>) {}

    fn message(&mut self, text: &str, out: &mut Printer<'_>) {
        out.steps.push(Step::Stdout(format!("{text}\n")));
    }

    fn thinking(&mut self, _: &str, _: &mut Printer<'_>) {}

    fn tool(&mut self, call: &ToolCall, out: &mut Printer<'_>) {
        out.wait_for(call);
        self.message(call.text(), out);
    }

    fn plan(&mut self, steps: &[PlanStep], out: &mut Printer<'_>) {
        for step in steps {
            self.message(&format!("- {}", step.text), out);
        }
    }

    fn succeed(&mut self, _: TurnUsage, _: &mut Printer<'_>) {}

    fn fail(&mut self, reason: &str, _: TurnUsage, out: &mut Printer<'_>) {
        out.steps.push(Step::Stderr(format!("{reason}\n")));
    }
}
