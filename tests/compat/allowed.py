"""Every difference from the published package that is meant, each with its reason. Whatever else differs is a fault.

Numbers are those of the list of the published package's weaknesses in the reference of the API.
"""

from comparison import ABSENT, Added, Changed

ADDED = (
    Added(
        "names for what the published package does not have",
        ("surface/names/*",),
        items=frozenset(
            [
                "AodConnectionError",
                "AodTimeoutError",
                "AsyncEventStream",
                "BadRequestError",
                "CLEAR",
                "ClosedError",
                "DecodeError",
                "EventStream",
                "Formatter",
                "GenericFormatter",
                "Listener",
                "RunResult",
                "formatter_for",
                "CodexFormatter",
                "FormatterOptions",
                "GeminiFormatter",
                "OpencodeFormatter",
                "SessionFormatter",
            ]
        ),
    ),
    Added("11, 14: options by client and by call", ("surface/class/*Client",), items=frozenset({"with_options"})),
    Added(
        "11, 14, 15: options by client and by call",
        ("surface/class/*Client/__init__",),
        items=frozenset(
            f"keyword-only {name} = None"
            for name in ("max_retries", "headers", "stream_idle_timeout", "proxy", "ca_certificate")
        ),
    ),
    Added(
        "22: helpers, and what newer servers can do",
        ("surface/class/*Sessions",),
        items=frozenset({"interrupt", "listen", "run", "wait_for_completion"}),
    ),
    Added(
        "16: how a stream outlives its connections",
        ("surface/class/*Sessions/stream",),
        items=frozenset(
            {
                "keyword-only reconnect = True",
                "keyword-only max_attempts = None",
                "keyword-only deadline = None",
                "keyword-only resume_stale = False",
            }
        ),
    ),
    Added(
        "24: options of formatters, whose defaults are the published behaviour",
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
        "newer servers take secrets for a session",
        ("surface/class/*Sessions/create",),
        items=frozenset({"keyword-only secret_env_vars = None"}),
    ),
    Added(
        "9: facts about the request that failed",
        ("surface/class/*Error",),
        items=frozenset({"attempts", "is_retryable", "request_id", "retry_after"}),
    ),
    Added(
        "9: why there is a conflict, which only the text told apart",
        ("surface/class/ConflictError",),
        items=frozenset({"reason", "expected", "got"}),
    ),
    Added(
        "1: newer servers have providers instead of runtimes",
        ("surface/class/*Agents/create", "surface/class/*Agents/update"),
        items=frozenset({"keyword-only provider = None"}),
    ),
    Added(
        "1: newer servers have providers instead of runtimes",
        ("models/*", "*/calls/*", "*/errors/*", "*/streams/leaving/a call afterwards"),
        pairs=frozenset({"provider"}),
        items=frozenset({"provider"}),
        text=r"(, |,\n *| |,)\"?provider\"?(=|:|: )(None|null)",
    ),
    Added(
        "4: what the server sends of an MCP server is kept",
        ("models/*", "*/calls/agents/*"),
        pairs=frozenset({"headers", "args", "env"}),
        items=frozenset({"headers", "args", "env"}),
        text=r"(, |,\n *| |,)\"?(headers|args|env)\"?(=|:|: )(None|null)",
    ),
    Added(
        "4: fields that a newer server adds are kept",
        ("models/*/unknown field", "*/calls/newer_servers_fields/unknown field*"),
        pairs=frozenset({"added_later"}),
    ),
)

CHANGED = (
    # Names and signatures.
    Changed(
        "2, 3: words that a newer server adds are taken",
        ("surface/alias/*",),
        '"typing.Literal[*]"',
        '"typing.Union[typing.Literal[*], str]"',
    ),
    Changed("24: the package is typed", ("surface/is typed",), "false", "true"),
    Changed(
        "resources are made by the client, which has no httpx client to hand them",
        ("surface/class/*s/__init__",),
        '*"positional or keyword client"]',
        '*"positional or keyword core"]',
    ),
    Changed(
        "1: newer servers have providers instead of runtimes",
        ("surface/class/*Agents/create",),
        '*"keyword-only runtime"*',
        '*"keyword-only runtime = None"*',
    ),
    Changed(
        "names for what the published package does not have",
        (
            "surface/class/*Client/with_options",
            *(f"surface/class/*Sessions/{name}" for name in ("interrupt", "listen", "run", "wait_for_completion")),
            *(f"surface/class/*Error/{name}" for name in ("attempts", "is_retryable", "request_id", "retry_after")),
            *(f"surface/class/ConflictError/{name}" for name in ("reason", "expected", "got")),
        ),
        f'"{ABSENT}"',
        "*",
    ),
    # Models.
    Changed(
        "1: newer servers have providers instead of runtimes",
        ("models/*/without runtime", "models/*/null runtime", "*/calls/newer_servers_fields/null runtime"),
        "raises ValidationError",
        '*"runtime", null*',
    ),
    Changed(
        "1: newer servers have providers instead of runtimes",
        ("models/*/fields",),
        '*"runtime", true*',
        '*"runtime", false*',
    ),
    Changed(
        "2: a server may store an MCP server without a type",
        ("models/McpServer/without type", "models/coercion/agent mcp no type"),
        "raises ValidationError",
        '*"type", "url"*',
    ),
    Changed(
        "2: a server may store an MCP server without a type",
        ("models/McpServer/fields",),
        '*"type", true*',
        '*"type", false*',
    ),
    Changed(
        "2: a server may store an MCP server without a type, so the type has a default",
        ("models/McpServer/dump exclude_defaults",),
        '*"type", "url"*',
        '{"pairs": [["name", "n"], ["url", *',
    ),
    Changed(
        "2: a server may store hosts that are no list",
        ("models/Networking/null allowed_hosts", "models/coercion/networking * hosts"),
        "raises ValidationError",
        '*"allowed_hosts"*',
    ),
    Changed(
        "2, 3: words that a newer server adds are taken",
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
        "4: fields that a newer server adds are kept, so any can be set",
        ("models/*/set unknown",),
        "raises ValueError",
        '*["nothing_here", "changed"]*',
    ),
    # Events, which are no pydantic models: one for each event of a stream would be slow.
    Changed("an event is no pydantic model", ("models/events/is a model",), "true", "false"),
    Changed(
        "an event is no pydantic model",
        ("models/StreamEvent/fields", "models/events/constructed", "models/events/fields set"),
        "*",
        "raises AttributeError",
    ),
    Changed(
        "an event is no pydantic model",
        ("models/StreamEvent/without type",),
        "raises ValidationError",
        "raises TypeError",
    ),
    Changed(
        "an event that the program makes is not checked",
        ("models/StreamEvent/null type", "models/StreamEvent/null extra", "models/events/null extra"),
        "raises ValidationError",
        '*"StreamEvent"*',
    ),
    Changed(
        "an event that the program makes is not checked",
        ("models/StreamEvent/set unknown",),
        "raises ValueError",
        "raises AttributeError",
    ),
    Changed(
        "3: types that a newer server adds are taken, and odd types and ids do not end a stream",
        tuple(
            f"models/events/from {kind}"
            for kind in ("number type", "null type", "unknown type", "fraction id", "bad id")
        ),
        "raises ValidationError",
        '*"StreamEvent"*',
    ),
    # Requests.
    Changed(
        "the client tells what it is, and takes what it can read",
        ("*/calls/requests_to_the_byte/*/headers 0",),
        '*["user-agent", "aod-sdk/0.1.0"]*',
        '*["user-agent", "aod-sdk-rust/* aod-sdk-python/*"]*',
    ),
    Changed(
        "a delete says that it has no body",
        ("*/requests_to_the_byte/*.delete/request 0",),
        '*["line", "DELETE *["content-length", null]*',
        '*["line", "DELETE *["content-length", "0"]*',
    ),
    Changed(
        "12: None leaves any field out, a required one too; the server says that it is missing",
        ("*/requests_to_the_byte/null name/request 0", "*/requests_to_the_byte/null version/request 0"),
        "*null*",
        "*",
    ),
    Changed(
        "12: None leaves any field out, a required one too; the server says that it is missing",
        ("*/errors/endpoints/no prompt",),
        "raises ValidationError",
        "raises ValidationError",
        frozenset({"text", "detail"}),
    ),
    Changed(
        "14: a request is made of models and ids as well",
        ("*/requests_to_the_byte/networking model", "*/requests_to_the_byte/UUID inside"),
        "raises TypeError",
        "418",
    ),
    Changed(
        "14: a request is made of models and ids as well",
        tuple(f"*/requests_to_the_byte/{case}/*" for case in ("networking model", "UUID inside")),
        f'"{ABSENT}"',
        "*",
    ),
    Changed(
        "13: an id that would lead to another place is refused",
        tuple(f"*/requests_to_the_byte/id {kind}" for kind in ("climbing", "query", "empty")),
        "418",
        "raises ValueError",
    ),
    Changed(
        "13: an id that is none is refused",
        tuple(f"*/requests_to_the_byte/id {kind}" for kind in ("null", "number")),
        "418",
        "raises TypeError",
    ),
    Changed(
        "13: nothing is sent for an id or a base that is refused",
        tuple(
            f"*/requests_to_the_byte/{kind}/*"
            for kind in ("id climbing", "id query", "id empty", "id null", "id number", "base with query")
        ),
        "*",
        f'"{ABSENT}"',
    ),
    Changed(
        "13: ids go into the path in the one form that the server routes",
        ("*/requests_to_the_byte/id upper case/request 0", "*/requests_to_the_byte/id undashed/request 0"),
        "*GET /agents/*",
        "*GET /agents/<id 2> *",
    ),
    Changed(
        "13: a base that would lead to another place is refused", ("*/base with query",), "418", "raises ValueError"
    ),
    # Errors.
    Changed(
        "7: 400 has a class of its own, below the one it had; the text too where 10 says so",
        ("errors/status 400", "*/errors/endpoints/unknown runtime", "*/errors/statuses/400 *"),
        "raises AodHTTPError",
        "raises BadRequestError",
        frozenset({"class", "text", "detail"}),
    ),
    Changed(
        "8: exceptions survive pickle and copy",
        ("errors/pickled *", "errors/copied *"),
        "raises TypeError",
        "raises *",
    ),
    Changed(
        "10: the text does not show what the server echoes; the detail does",
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
        "a body is read as JSON if it is JSON, whatever its type is said to be",
        ("*/errors/statuses/* problem",),
        "raises *Error",
        "raises *Error",
        frozenset({"text", "detail", "limit", "active"}),
    ),
    Changed(
        "6: use after close is an error of the package, and still a RuntimeError",
        ("*/calls/clients/after close",),
        "raises RuntimeError",
        "raises ClosedError",
    ),
    Changed(
        "6: transport failures are errors of the package",
        ("*/errors/no_server/refused",),
        '"ConnectError"',
        '"AodConnectionError"',
    ),
    Changed(
        "6: transport failures are errors of the package",
        ("*/errors/no_server/silent",),
        '"ReadTimeout"',
        '"AodTimeoutError"',
    ),
    Changed(
        "6: transport failures are errors of the package",
        ("*/errors/repeated/write dropped once",),
        "raises RemoteProtocolError",
        "raises AodConnectionError",
    ),
    Changed("11: reads are repeated", ("*/errors/repeated/dropped once",), "raises RemoteProtocolError", "[]"),
    Changed(
        "11: reads are repeated",
        ("*/errors/repeated/503 for ever/requests", "*/errors/repeated/dropped once/requests"),
        '["GET /agents"]',
        '["GET /agents", "GET /agents"*]',
    ),
    Changed(
        "5: an answer that is none is an error of the package",
        ("*/errors/broken_answers/* for a list", "*/errors/broken_answers/* for one"),
        "raises *",
        "raises DecodeError",
    ),
    Changed(
        "5: an answer that is no object is an error of the package",
        ("*/errors/broken_answers/* for health",),
        "*",
        "raises DecodeError",
    ),
    Changed(
        "a body is read as JSON if it is JSON, whatever its type is said to be",
        ("*/errors/broken_answers/other content type for a list",),
        "raises TypeError",
        "[]",
    ),
    Changed(
        "a body is read as JSON if it is JSON, whatever its type is said to be",
        ("*/errors/broken_answers/other content type for health",),
        '"{*}"',
        '{"pairs": [["data", []]]}',
    ),
    Changed(
        "a body is read as JSON if it is JSON, whatever its type is said to be",
        ("*/errors/broken_answers/agent as text",),
        "raises ValidationError",
        '{"model": "Agent", *',
    ),
    # Streams.
    Changed(
        "14: a cursor is a number",
        ("*/streams/resumed/since text", "*/streams/resumed/since fraction"),
        "*",
        "raises TypeError",
    ),
    Changed(
        "3: odd events do not end a stream",
        tuple(f"*/streams/rules/{kind}" for kind in ("unknown type", "null type", "odd id", "fraction id")),
        '"start=None ValidationError"',
        '"start=None * exit=*"',
    ),
    Changed(
        "20: data that is no JSON object is given out, not dropped without trace",
        tuple(f"*/streams/rules/{kind}" for kind in ("empty data", "number data", "not JSON")),
        '"the whole stream"',
        '"start=None =None stage=1:* exit=*"',
    ),
    Changed(
        "19: the standard's rules of parsing hold",
        ("*/streams/rules/several data lines", "*/streams/rules/separator in JSON"),
        '"the whole stream"',
        '"start=None stage=None:* exit=*"',
    ),
    Changed(
        "19: the standard's rules of parsing hold",
        ("*/streams/rules/byte order mark",),
        '"stage=*',
        '"the whole stream"',
    ),
    Changed("16: every event comes once", ("*/streams/rules/every event twice",), "*", '"the whole stream"'),
    Changed(
        "16: a stream outlives its connections",
        ("*/streams/rules/cut", "*/streams/rules/cleanly cut"),
        "*",
        '"the whole stream"',
    ),
    Changed(
        "17: a success that is no stream is an error",
        ("*/streams/rules/html", "*/streams/rules/redirected"),
        '""',
        '"DecodeError"',
    ),
    # The formatter.
    Changed(
        "24: odd output of an agent is shown, whatever it is",
        ("pretty/odd *",),
        "raises *",
        '[["*"], [], []]',
    ),
    Changed(
        "control characters are shown, not executed",
        ("pretty/text nul",),
        '[["\\u0000"], [], []]',
        '[["\\\\x00"], [], []]',
    ),
    Changed(
        "a text that is no Unicode cannot be written as UTF-8", ("pretty/lone surrogate",), '["a\ud800b"]', '["a?b"]'
    ),
)
