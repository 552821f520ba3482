import AodValues
import Foundation

/// A scripted turn of an agent: what it does, and how the turn ends.
///
/// The server prints the turn in the output format of the session's runtime: Claude Code, Codex, Gemini CLI or
/// opencode. What a runtime does not print is left out: Gemini CLI prints no thinking, and only Claude Code and
/// opencode print costs. A turn is immutable: each method returns a new one.
///
/// See [Turns](https://ravi-hq.github.io/agent-on-demand/latest/testing/#turns).
///
/// ```swift
/// let turn = Turn()
///     .tool("Bash", ["command": "swift test"], output: "1 failed", exitCode: 1)
///     .message("One test fails.")
/// ```
public struct Turn: Sendable, Equatable {
    private var steps: [JSONValue] = []
    private var others: [String: JSONValue] = [:]

    /// Creates a turn that does nothing and succeeds.
    public init() {}

    /// Adds a message of the agent.
    ///
    /// - Parameter text: The text.
    /// - Returns: The changed turn.
    public func message(_ text: String) -> Turn {
        step("message", .string(text))
    }

    /// Adds thinking of the agent.
    ///
    /// - Parameter text: The text.
    /// - Returns: The changed turn.
    public func thinking(_ text: String) -> Turn {
        step("thinking", .string(text))
    }

    /// Adds a call of a tool.
    ///
    /// Tools have the names and arguments of Claude Code: `Bash`, `Read`, `Write`, `Edit`, `Grep`, `Glob`, `WebFetch`,
    /// `WebSearch`, `Task` and `mcp__SERVER__TOOL`. The other runtimes print the calls of their own tools for the same
    /// work.
    ///
    /// - Parameters:
    ///   - name: The name of the tool.
    ///   - input: The arguments.
    ///   - output: The text of the result.
    ///   - error: Why the call failed, printed instead of the output. Default: no error.
    ///   - exitCode: The exit code of a `Bash` command. The call fails unless it is 0. Default: 0, or 1 with an
    ///     `error`.
    ///   - delay: How long the call takes, in seconds of the server's clock.
    ///   - hold: The name of a hold: the call does not return before the hold is released.
    /// - Returns: The changed turn.
    public func tool(
        _ name: String, _ input: [String: JSONValue] = [:], output: String = "", error: String? = nil,
        exitCode: Int? = nil, delay: TimeInterval = 0, hold: String? = nil
    ) -> Turn {
        var call: [String: JSONValue] = [
            "name": .string(name), "input": .object(input), "output": .string(output), "delay_ms": millis(delay),
        ]
        call["error"] = error.map(JSONValue.string)
        call["exit_code"] = exitCode.map { .integer(Int64($0)) }
        call["hold"] = hold.map(JSONValue.string)
        return step("tool", .object(call))
    }

    /// Adds a plan, or a change of the plan.
    ///
    /// - Parameter steps: Each step with its status.
    /// - Returns: The changed turn.
    public func plan(_ steps: KeyValuePairs<String, PlanStatus>) -> Turn {
        let steps = steps.map { JSONValue.object(["text": .string($0.key), "status": .string($0.value.rawValue)]) }
        return step("plan", .array(steps))
    }

    /// Adds a chunk on standard output, verbatim.
    ///
    /// - Parameter data: The chunk.
    /// - Returns: The changed turn.
    public func stdout(_ data: String) -> Turn {
        step("stdout", .string(data))
    }

    /// Adds a chunk on standard error, verbatim.
    ///
    /// - Parameter data: The chunk.
    /// - Returns: The changed turn.
    public func stderr(_ data: String) -> Turn {
        step("stderr", .string(data))
    }

    /// Adds a delay on the server's clock.
    ///
    /// - Parameter seconds: The time, in seconds.
    /// - Returns: The changed turn.
    public func delay(_ seconds: TimeInterval) -> Turn {
        step("delay_ms", millis(seconds))
    }

    /// Adds a hold: the turn waits here until `release(_:)` of `DevServer` is called with this name.
    ///
    /// - Parameter name: The name of the hold.
    /// - Returns: The changed turn.
    public func hold(_ name: String) -> Turn {
        step("hold", .string(name))
    }

    /// Sets what the runtime reports at the end of the turn.
    ///
    /// - Parameters:
    ///   - inputTokens: The input tokens, including those read from a cache. Default: 2400.
    ///   - cachedInputTokens: The input tokens that were read from a cache. Default: 1800.
    ///   - outputTokens: The output tokens. Default: 160.
    ///   - costUsd: The cost in US dollars. Default: 0.0042.
    ///   - duration: How long the agent worked, in seconds. It is only printed: the turn does not take longer. Default:
    ///     1.84.
    /// - Returns: The changed turn.
    public func usage(
        inputTokens: Int64? = nil, cachedInputTokens: Int64? = nil, outputTokens: Int64? = nil, costUsd: Double? = nil,
        duration: TimeInterval? = nil
    ) -> Turn {
        var usage: [String: JSONValue] = [:]
        usage["input_tokens"] = inputTokens.map(JSONValue.integer)
        usage["cached_input_tokens"] = cachedInputTokens.map(JSONValue.integer)
        usage["output_tokens"] = outputTokens.map(JSONValue.integer)
        usage["cost_usd"] = costUsd.map(JSONValue.number)
        usage["duration_ms"] = duration.map(millis)
        return with("usage", .object(usage))
    }

    /// Makes the turn fail with an error of the runtime.
    ///
    /// - Parameter reason: The text of the error.
    /// - Returns: The changed turn.
    public func fail(_ reason: String) -> Turn {
        with("end", ["failed": .string(reason)])
    }

    /// Makes the runtime disappear after the last step: the turn fails without an exit code.
    ///
    /// - Returns: The changed turn.
    public func crash() -> Turn {
        with("end", "crash")
    }

    /// Makes the turn run until it is interrupted, or its session is terminated.
    ///
    /// - Returns: The changed turn.
    public func hang() -> Turn {
        with("end", "hang")
    }

    /// Sets the exit code of the runtime. Ignored after ``crash()`` and ``hang()``. Default: 0 after a success, else 1.
    ///
    /// - Parameter code: The exit code.
    /// - Returns: The changed turn.
    public func exitCode(_ code: Int) -> Turn {
        with("exit_code", .integer(Int64(code)))
    }

    var json: JSONValue {
        .object(others.merging(["steps": .array(steps)]) { $1 })
    }

    private func step(_ kind: String, _ value: JSONValue) -> Turn {
        var turn = self
        turn.steps.append(.object([kind: value]))
        return turn
    }

    private func with(_ name: String, _ value: JSONValue) -> Turn {
        var turn = self
        turn.others[name] = value
        return turn
    }
}

/// The status of a step of a plan. Codex only prints whether a step is completed.
public enum PlanStatus: String, Sendable {
    /// Not started.
    case pending
    /// In progress.
    case inProgress = "in_progress"
    /// Done.
    case completed
}

func millis(_ seconds: TimeInterval) -> JSONValue {
    .integer(Int64((seconds * 1000).rounded()))
}
