import AodNative

/// One event of a session's stream. What this version does not know is ``unknown(_:)``, with its text.
public enum StreamEvent: Sendable, Hashable {
    /// `start`: the first event of every connection.
    case start(StartEvent)
    /// `stage`: a step of preparing the sandbox began, or ended.
    case stage(StageEvent)
    /// `turn_start`: output of another turn follows. Comes once a turn and connection.
    case turnStart(TurnStartEvent)
    /// `output`: a piece of what the agent printed.
    case output(OutputEvent)
    /// `exit`, terminal: the session ended with an exit code, 0 or not.
    case exit(ExitEvent)
    /// `error`, terminal: the session failed without an exit code. The reason is in an earlier failed stage or in the
    /// output of stderr.
    case error(ErrorEvent)
    /// `terminated`, terminal: the session was terminated by a caller.
    case terminated(TerminatedEvent)
    /// `stale`, terminal for the connection only: the server saw no output for ten minutes and stopped waiting. The
    /// session goes on.
    case stale(StaleEvent)
    /// An event that this version does not know or cannot read.
    case unknown(UnknownEvent)

    init(_ event: AodNative.StreamEvent) {
        switch event {
        case .start(let event): self = .start(event)
        case .stage(let event): self = .stage(event)
        case .turnStart(let event): self = .turnStart(event)
        case .output(let event): self = .output(event)
        case .exit(let event): self = .exit(event)
        case .error(let event): self = .error(event)
        case .terminated(let event): self = .terminated(event)
        case .stale(let event): self = .stale(event)
        case .unknown(let event):
            self = .unknown(UnknownEvent(eventType: event.eventType, id: event.id, raw: event.raw))
        }
    }
}

/// An event of an unknown type, a known one whose fields have other types than they should, or no JSON object at all.
///
/// Two are equal if their data is the same JSON, whatever the order of its fields: encoding one does not keep that.
public struct UnknownEvent: Sendable {
    /// The event's `type`; empty if it has none that can be read.
    public let eventType: String
    /// The event's `id`, if it has one that can be read.
    public let id: Int64?
    /// The event's data as it came; JSON or not.
    public let raw: String

    /// An event with that data.
    public init(eventType: String, id: Int64? = nil, raw: String) {
        self.eventType = eventType
        self.id = id
        self.raw = raw
    }
}

extension UnknownEvent: Hashable {
    public static func == (one: UnknownEvent, other: UnknownEvent) -> Bool {
        one.raw == other.raw || one.json == other.json
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(json)
    }
}

extension UnknownEvent {
    /// An event whose data is this.
    init(json: JSONValue) {
        // Data that was no object is a JSON string.
        let raw = json.string ?? json.text
        self.init(eventType: json["type"]?.string ?? "", id: json["id"]?.integer, raw: raw)
    }

    /// The data, if it is an object; its text otherwise.
    var json: JSONValue {
        guard let json = try? JSONValue(parsing: raw), json.object != nil else { return .string(raw) }
        return json
    }
}
