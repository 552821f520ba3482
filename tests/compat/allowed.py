"""The intended differences from the published package, each with its reason. Any other difference is a bug."""

from comparison import ABSENT, Added, Changed

ADDED = (
    Added(
        "names of new features",
        ("surface/names/*",),
        items=frozenset(
            [
                "AodConnectionError",
                "AodTimeoutError",
                "AsyncEventStream",
                "AsyncWatchStream",
                "BadRequestError",
                "CLEAR",
                "ClosedError",
                "ConnectionState",
                "DecodeError",
                "EventStream",
                "Formatter",
                "GenericFormatter",
                "SessionEvent",
                "StageName",
                "Subscription",
                "Transcript",
                "ResponseInfo",
                "RetryPolicy",
                "RunResult",
                "TERMINAL_EVENT_TYPES",
                "McpServerUrl",
                "McpServerStdio",
                "InlineSkill",
                "GithubSkill",
                "GithubRepoResource",
                "Network",
                "TokenProviderError",
                "formatter_for",
                "CodexFormatter",
                "FormatterOptions",
                "GeminiFormatter",
                "OpencodeFormatter",
                "SessionFormatter",
                "UnknownMcpServer",
                "UnsupportedError",
                "WatchStream",
            ]
        ),
    ),
    Added("options by client and by call", ("surface/class/*Client",), items=frozenset({"with_options"})),
    Added(
        "reports about the network",
        ("surface/class/*Client",),
        items=frozenset({"network", "resume", "suspend"}),
    ),
    Added(
        "options by client and by call",
        ("surface/class/*Client/__init__",),
        items=frozenset(
            f"keyword-only {name} = None"
            for name in (
                "attempt_timeout",
                "connect_timeout",
                "stream_idle_timeout",
                "retry",
                "max_retries",
                "headers",
                "user_agent_suffix",
                "proxy",
                "ca_certificate",
                "client_certificate",
                "pool_max_idle",
                "pool_idle_timeout",
                "max_response_bytes",
                "token_provider",
            )
        )
        | frozenset(
            f"keyword-only {name} = False" for name in ("no_proxy", "http1_only", "https_only", "validate_requests")
        ),
    ),
    Added(
        "helpers, and features of newer servers",
        ("surface/class/*Sessions",),
        items=frozenset(
            {
                "ask",
                "ensure_terminated",
                "interrupt",
                "listen",
                "run",
                "run_all",
                "stream_resumable",
                "wait_for_completion",
                "watch",
            }
        ),
    ),
    Added(
        "helpers that combine several calls",
        ("surface/class/*Agents", "surface/class/*Environments"),
        items=frozenset({"ensure", "ensure_archived", "update_with"}),
    ),
    Added(
        "options of reconnecting",
        ("surface/class/*Sessions/stream",),
        items=frozenset(
            {
                "keyword-only reconnect = True",
                "keyword-only turn = None",
                "keyword-only max_attempts = None",
                "keyword-only give_up_after = None",
                "keyword-only base_delay = None",
                "keyword-only max_delay = None",
                "keyword-only max_retry_after = None",
                "keyword-only on_state = None",
                "keyword-only deadline = None",
                "keyword-only resume_stale = False",
            }
        ),
    ),
    Added(
        "options of formatters, whose defaults are the published behaviour",
        ("surface/class/ClaudeFormatter/__init__",),
        items=frozenset(
            {
                "keyword-only plain = False",
                "keyword-only width = None",
                "keyword-only color = 'off'",
                "keyword-only show_thinking = True",
                "keyword-only show_tool_results = False",
                "keyword-only show_failures = None",
                "keyword-only raw = False",
                "keyword-only max_line = 16777216",
            }
        ),
    ),
    Added(
        "what a formatter has not shown yet",
        ("surface/class/ClaudeFormatter",),
        items=frozenset({"has_pending"}),
    ),
    Added(
        "newer servers take secrets for a session",
        ("surface/class/*Sessions/create",),
        items=frozenset({"keyword-only secret_env_vars = None"}),
    ),
    Added(
        "attributes of the failed request",
        ("surface/class/*Error",),
        items=frozenset({"attempts", "is_retryable", "is_unsent", "request_id", "retry_after", "session_id"}),
    ),
    Added(
        "the reason of a conflict, which was only in the text",
        ("surface/class/ConflictError",),
        items=frozenset({"reason", "expected", "got"}),
    ),
    Added(
        "newer servers have providers instead of runtimes",
        ("surface/class/*Agents/create", "surface/class/*Agents/update"),
        items=frozenset({"keyword-only provider = None"}),
    ),
    Added(
        "newer servers have providers instead of runtimes",
        ("models/*", "*/calls/*", "*/errors/*", "*/streams/*/a call afterwards"),
        pairs=frozenset({"provider"}),
        items=frozenset({"provider"}),
        text=r"(, |,\n *| |,)\"?provider\"?(=|:|: )(None|null)",
    ),
    Added(
        "all fields of an MCP server are kept",
        ("models/*", "*/calls/agents/*"),
        pairs=frozenset({"headers", "args", "env"}),
        items=frozenset({"headers", "args", "env"}),
        text=r"(, |,\n *| |,)\"?(headers|args|env)\"?(=|:|: )(None|null)",
    ),
    Added(
        "objects that are not events of the runtime are shown",
        ("pretty/line unknown*", "pretty/line empty object*", "pretty/chunks of *"),
        items=frozenset({'{"type": "added_later"}', "{}"}),
    ),
    Added(
        "fields that a newer server adds are kept",
        ("models/*/unknown field", "*/calls/newer_servers_fields/unknown field*"),
        pairs=frozenset({"added_later"}),
    ),
)

CHANGED = (
    # Names and signatures.
    Changed(
        "enumeration values that a newer server adds are accepted",
        ("surface/alias/*",),
        '"typing.Literal[*]"',
        '"typing.Union[typing.Literal[*], str]"',
    ),
    Changed("the package is typed", ("surface/is typed",), "false", "true"),
    Changed(
        "resources are created by the client, which has no httpx client to pass",
        ("surface/class/*s/__init__",),
        '*"positional or keyword client"]',
        '*"positional or keyword core"]',
    ),
    Changed(
        "newer servers have providers instead of runtimes",
        ("surface/class/*Agents/create",),
        '*"keyword-only runtime"*',
        '*"keyword-only runtime = None"*',
    ),
    Changed(
        "names of new features",
        (
            *(f"surface/class/*Client/{name}" for name in ("network", "resume", "suspend", "with_options")),
            *(
                f"surface/class/*Sessions/{name}"
                for name in (
                    "ask",
                    "ensure_terminated",
                    "interrupt",
                    "listen",
                    "run",
                    "run_all",
                    "wait_for_completion",
                    "watch",
                )
            ),
            *(
                f"surface/class/*{resource}/{name}"
                for resource in ("Agents", "Environments")
                for name in ("ensure", "ensure_archived", "update_with")
            ),
            *(
                f"surface/class/*Error/{name}"
                for name in ("attempts", "is_retryable", "is_unsent", "request_id", "retry_after", "session_id")
            ),
            *(f"surface/class/ConflictError/{name}" for name in ("reason", "expected", "got")),
            "surface/class/ClaudeFormatter/has_pending",
        ),
        f'"{ABSENT}"',
        "*",
    ),
    # Models.
    Changed(
        "newer servers have providers instead of runtimes",
        ("models/*/without runtime", "models/*/null runtime", "*/calls/newer_servers_fields/null runtime"),
        "raises ValidationError",
        '*"runtime", null*',
    ),
    Changed(
        "newer servers have providers instead of runtimes",
        ("models/*/fields",),
        '*"runtime", true*',
        '*"runtime", false*',
    ),
    Changed(
        "a server may store an MCP server without a type",
        ("models/McpServer/without type", "models/coercion/agent mcp no type"),
        "raises ValidationError",
        '*"type", "url"*',
    ),
    Changed(
        "a server may store an MCP server without a type",
        ("models/McpServer/fields",),
        '*"type", true*',
        '*"type", false*',
    ),
    Changed(
        "a server may store an MCP server without a type, so the type has a default",
        ("models/McpServer/dump exclude_defaults",),
        '*"type", "url"*',
        '{"pairs": [["name", "n"], ["url", *',
    ),
    Changed(
        "a server may store hosts that are not a list",
        ("models/Networking/null allowed_hosts", "models/coercion/networking * hosts"),
        "raises ValidationError",
        '*"allowed_hosts"*',
    ),
    Changed(
        "enumeration values that a newer server adds are accepted",
        (
            "models/coercion/* other type",
            "models/coercion/agent mcp unknown",
            "models/coercion/* paused",
            "models/coercion/* interrupted",
            "*/calls/newer_servers_fields/other type",
            "*/calls/newer_servers_fields/unknown status",
        ),
        "raises ValidationError",
        '*"model"*',
    ),
    Changed(
        "fields that a newer server adds are kept, so any field can be set",
        ("models/*/set unknown",),
        "raises ValueError",
        '*["nothing_here", "changed"]*',
    ),
    # Events are not pydantic models, which are slow to create.
    Changed("an event is not a pydantic model", ("models/events/is a model",), "true", "false"),
    Changed(
        "an event is not a pydantic model",
        ("models/StreamEvent/fields", "models/events/constructed", "models/events/fields set"),
        "*",
        "raises AttributeError",
    ),
    Changed(
        "an event is not a pydantic model",
        ("models/StreamEvent/without type",),
        "raises ValidationError",
        "raises TypeError",
    ),
    Changed(
        "the constructor of an event does not validate",
        ("models/StreamEvent/null type", "models/StreamEvent/null extra", "models/events/null extra"),
        "raises ValidationError",
        '*"StreamEvent"*',
    ),
    Changed(
        "the constructor of an event does not validate",
        ("models/StreamEvent/set unknown",),
        "raises ValueError",
        "raises AttributeError",
    ),
    Changed(
        "event types that a newer server adds are accepted, and malformed types and ids do not end a stream",
        tuple(
            f"models/events/from {kind}"
            for kind in ("number type", "null type", "unknown type", "fraction id", "bad id")
        ),
        "raises ValidationError",
        '*"StreamEvent"*',
    ),
    Changed(
        "the URL of an MCP server, which may contain a key, is not shown",
        tuple(
            f"models/{model} {form}"
            for model in ("Agent/full", "AgentVersion/full", "McpServer/least", "McpServer/full")
            for form in ("repr", "str")
        ),
        "* url=*",
        "*",
    ),
    Changed(
        "a method of an unreleased version that followed the published package",
        ("surface/class/*Sessions/stream_resumable",),
        f'"{ABSENT}"',
        "*",
    ),
    # Requests.
    Changed(
        "an id is one segment of the path",
        ("*/verbatim_requests/id climbing/request 0",),
        '*"GET /sessions HTTP/1.1"*',
        '*"GET /agents/..%2Fsessions HTTP/1.1"*',
    ),
    Changed(
        "an id is one segment of the path",
        ("*/verbatim_requests/id query/request 0",),
        "*?a=1*",
        "*%3Fa%3D1*",
    ),
    Changed(
        "the client sends its own User-Agent, Accept and Accept-Encoding",
        ("*/calls/verbatim_requests/*/headers 0",),
        '*["user-agent", "aod-sdk/0.1.0"]*',
        '*["user-agent", "aod-sdk-rust/* aod-sdk-python/*"]*',
    ),
    Changed(
        "a DELETE has Content-Length: 0",
        ("*/verbatim_requests/*.delete/request 0",),
        '*["line", "DELETE *["content-length", null]*',
        '*["line", "DELETE *["content-length", "0"]*',
    ),
    Changed(
        "None omits any field, even a required one, and the server reports that it is missing",
        ("*/verbatim_requests/null name/request 0", "*/verbatim_requests/null version/request 0"),
        "*null*",
        "*",
    ),
    Changed(
        "None omits any field, even a required one, and the server reports that it is missing",
        ("*/errors/endpoints/no prompt",),
        "raises ValidationError",
        "raises ValidationError",
        frozenset({"text", "detail"}),
    ),
    Changed(
        "requests may contain models and UUIDs",
        ("*/verbatim_requests/networking model", "*/verbatim_requests/UUID inside"),
        "raises TypeError",
        "418",
    ),
    Changed(
        "requests may contain models and UUIDs",
        tuple(f"*/verbatim_requests/{case}/*" for case in ("networking model", "UUID inside")),
        f'"{ABSENT}"',
        "*",
    ),
    Changed(
        "an id that would change the path is rejected",
        tuple(f"*/verbatim_requests/id {kind}" for kind in ("climbing", "query", "empty")),
        "418",
        "raises ValueError",
    ),
    Changed(
        "an id of another type is rejected",
        tuple(f"*/verbatim_requests/id {kind}" for kind in ("null", "number")),
        "418",
        "raises TypeError",
    ),
    Changed(
        "nothing is sent for a rejected id or base URL",
        tuple(
            f"*/verbatim_requests/{kind}/*"
            for kind in ("id climbing", "id query", "id empty", "id null", "id number", "base with query")
        ),
        "*",
        f'"{ABSENT}"',
    ),
    Changed(
        "ids are sent in the only form that the server routes",
        ("*/verbatim_requests/id upper case/request 0", "*/verbatim_requests/id undashed/request 0"),
        "*GET /agents/*",
        "*GET /agents/<id 2> *",
    ),
    Changed("a base URL with a query is rejected", ("*/base with query",), "418", "raises ValueError"),
    # Errors.
    Changed(
        "400 has its own subclass of AodHTTPError; the text omits what the server repeats",
        ("errors/status 400", "*/errors/endpoints/unknown runtime", "*/errors/statuses/400 *"),
        "raises AodHTTPError",
        "raises BadRequestError",
        frozenset({"class", "text", "detail"}),
    ),
    Changed(
        "exceptions survive pickle and copy",
        ("errors/pickled *", "errors/copied *"),
        "raises TypeError",
        "raises *",
    ),
    Changed(
        "the text omits the request that the server repeats; the detail has it",
        (
            "errors/* body object",
            "errors/* body entries",
            "errors/* body object detail",
            "errors/* body list",
            "*/errors/statuses/* entries",
            "*/errors/statuses/* other",
            "*/errors/endpoints/*",
            "*/streams/refusals/422",
        ),
        "raises *Error",
        "raises *Error",
        frozenset({"text"}),
    ),
    Changed(
        "a body that is JSON is parsed as JSON, whatever its content type",
        ("*/errors/statuses/* problem",),
        "raises *Error",
        "raises *Error",
        frozenset({"text", "detail", "limit", "active"}),
    ),
    Changed(
        "use after close is an error of the package, and still a RuntimeError",
        ("*/calls/clients/after close",),
        "raises RuntimeError",
        "raises ClosedError",
    ),
    Changed(
        "transport failures are errors of the package",
        ("*/errors/no_server/refused",),
        '"ConnectError"',
        '"AodConnectionError"',
    ),
    Changed(
        "transport failures are errors of the package",
        ("*/errors/no_server/silent",),
        '"ReadTimeout"',
        '"AodTimeoutError"',
    ),
    Changed(
        "transport failures are errors of the package",
        ("*/errors/repeated/write dropped once",),
        "raises RemoteProtocolError",
        "raises AodConnectionError",
    ),
    Changed("GET requests are retried", ("*/errors/repeated/dropped once",), "raises RemoteProtocolError", "[]"),
    Changed(
        "GET requests are retried",
        ("*/errors/repeated/503 always/requests", "*/errors/repeated/dropped once/requests"),
        '["GET /agents"]',
        '["GET /agents", "GET /agents"*]',
    ),
    Changed(
        "a malformed response is an error of the package",
        ("*/errors/malformed_responses/* for a list", "*/errors/malformed_responses/* for one"),
        "raises *",
        "raises DecodeError",
    ),
    Changed(
        "a response that is not an object is an error of the package",
        ("*/errors/malformed_responses/* for health",),
        "*",
        "raises DecodeError",
    ),
    Changed(
        "a body that is JSON is parsed as JSON, whatever its content type",
        ("*/errors/malformed_responses/other content type for a list",),
        "raises TypeError",
        "[]",
    ),
    Changed(
        "a body that is JSON is parsed as JSON, whatever its content type",
        ("*/errors/malformed_responses/other content type for health",),
        '"{*}"',
        '{"pairs": [["data", []]]}',
    ),
    Changed(
        "a body that is JSON is parsed as JSON, whatever its content type",
        ("*/errors/malformed_responses/agent as text",),
        "raises ValidationError",
        '{"model": "Agent", *',
    ),
    Changed(
        "a message has the reason of the status instead of an HTML page, which `detail` has",
        ("*/errors/statuses/* html", "*/streams/refusals/403"),
        "raises *",
        "raises *",
        frozenset({"text"}),
    ),
    # Streams.
    Changed(
        "one more request confirms that the terminal event is the last one",
        ("*/streams/whole/requests",),
        '[["GET", "/sessions/<id 1>/stream", ""]]',
        '[["GET", "/sessions/<id 1>/stream", ""], ["GET", "/sessions/<id 1>/stream", "since=10"]]',
    ),
    Changed(
        "one more request confirms that the terminal event is the last one",
        tuple(f"*/streams/resumed/{cursor} asked" for cursor in ("zero", "first", "last", "beyond", "negative")),
        '["since=*"]',
        '["since=*", "since=*"]',
    ),
    Changed(
        "a cursor is an int",
        ("*/streams/resumed/since text", "*/streams/resumed/since fraction"),
        "*",
        "raises TypeError",
    ),
    Changed(
        "malformed events do not end a stream",
        tuple(f"*/streams/rules/{kind}" for kind in ("unknown type", "null type", "odd id", "fraction id")),
        '"start=None ValidationError"',
        '"start=None * exit=*"',
    ),
    Changed(
        "data that is not a JSON object is delivered, not dropped silently",
        tuple(f"*/streams/rules/{kind}" for kind in ("empty data", "number data", "not JSON")),
        '"the whole stream"',
        '"start=None =None stage=1:* exit=*"',
    ),
    Changed(
        "events are parsed as the HTML standard specifies",
        ("*/streams/rules/several data lines", "*/streams/rules/separator in JSON"),
        '"the whole stream"',
        '"start=None stage=None:* exit=*"',
    ),
    Changed(
        "events are parsed as the HTML standard specifies",
        ("*/streams/rules/byte order mark",),
        '"stage=*',
        '"the whole stream"',
    ),
    Changed("each event is delivered once", ("*/streams/rules/every event twice",), "*", '"the whole stream"'),
    Changed(
        "a stream survives dropped connections",
        ("*/streams/rules/cut", "*/streams/rules/cleanly cut"),
        "*",
        '"the whole stream"',
    ),
    Changed(
        "a success that is not an event stream is an error",
        ("*/streams/rules/html", "*/streams/rules/redirected"),
        '""',
        '"DecodeError"',
    ),
    # The formatter.
    Changed(
        "malformed output of an agent is shown",
        ("pretty/odd *",),
        "raises *",
        '[["*"], [], []]',
    ),
    Changed(
        "control characters are escaped",
        ("pretty/text nul",),
        '[["\\u0000"], [], []]',
        '[["\\\\x00"], [], []]',
    ),
    Changed(
        "an event is read in spite of the noise before it",
        ("pretty/text bom",),
        '[["\ufeff{*}"], [], []]',
        '[["\\\\ufeff"], [], []]',
    ),
    Changed(
        "control characters are escaped",
        ("pretty/text separator",),
        '[["a\u2028b"], [], []]',
        '[["a\\\\u2028b"], [], []]',
    ),
    Changed("a lone surrogate cannot be encoded as UTF-8", ("pretty/lone surrogate",), '["a\ud800b"]', '["a?b"]'),
)
