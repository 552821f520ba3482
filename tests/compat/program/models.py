"""Models: fields, defaults, dumps, texts, equality and validation."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING, Any

import aod
import pydantic

if TYPE_CHECKING:
    from recorder import Recorder

ID = "0b0e0d5e-0000-4000-8000-00000000000a"
TIME = "2026-04-22T05:15:16.910301+00:00"

# The required fields of each model.
REQUIRED: dict[str, dict[str, Any]] = {
    "Agent": {
        "id": ID,
        "name": "n",
        "model": "m",
        "runtime": "claude",
        "version": 1,
        "created_at": TIME,
        "updated_at": TIME,
    },
    "AgentVersion": {"id": ID, "name": "n", "model": "m", "runtime": "claude", "version": 1, "created_at": TIME},
    "Environment": {
        "id": ID,
        "name": "n",
        "networking": {"type": "unrestricted"},
        "version": 1,
        "created_at": TIME,
        "updated_at": TIME,
    },
    "EnvironmentVersion": {"id": ID, "name": "n", "networking": {"type": "limited"}, "version": 1, "created_at": TIME},
    "McpServer": {"name": "n", "type": "url"},
    "Networking": {"type": "limited"},
    "SessionResource": {"type": "github_repository", "url": "https://github.com/a/b"},
    "Session": {"id": ID, "runtime": "claude", "status": "pending", "created_at": TIME, "updated_at": TIME},
    "SessionTurn": {"turn_number": 1, "prompt": "p", "status": "running", "created_at": TIME},
    "SessionAck": {"id": ID, "status": "pending"},
    "StreamEvent": {"type": "output"},
}

# Values that differ from every default, by field.
MORE: dict[str, Any] = {
    "description": "d",
    "system": "s",
    "environment_id": ID,
    "agent_id": ID,
    "skills": [{"name": "x", "description": "y", "content": "z"}],
    "mcp_servers": [{"name": "l", "type": "stdio", "command": "c"}],
    "metadata": {"a": {"b": [1, None]}},
    "archived_at": TIME,
    "packages": {"apt": ["jq"]},
    "setup_script": "echo",
    "url": "https://example.test",
    "command": "c",
    "allowed_hosts": ["a.test"],
    "mount_path": "/w",
    "exit_code": 3,
    "resources": [{"type": "github_repository", "url": "https://github.com/a/b", "mount_path": "/w"}],
    "turn_count": 2,
    "current_turn": 2,
    "started_at": TIME,
    "ended_at": TIME,
    "stream_url": "/s",
    "id": 5,
    "extra": {"data": "x", "turn": 1},
}


def record(recorder: Recorder) -> None:
    for name, least in REQUIRED.items():
        recorder.begin(f"models/{name}", "")
        _model(recorder, getattr(aod, name), least)
    recorder.begin("models/events", "")
    _events(recorder)
    recorder.begin("models/coercion", "")
    _coercion(recorder)


def _model(recorder: Recorder, cls: Any, least: dict[str, Any]) -> None:
    known = least | {name: value for name, value in MORE.items() if name in _fields(cls) and name not in least}
    for name, fields in {"least": least, "full": known}.items():
        recorder.outcome(name, lambda fields=fields: cls(**fields))
        recorder.outcome(f"{name} repr", lambda fields=fields: repr(cls(**fields)))
        recorder.outcome(f"{name} str", lambda fields=fields: str(cls(**fields)))
        recorder.outcome(f"{name} json", lambda fields=fields: cls(**fields).model_dump_json())
    recorder.outcome("validated", lambda: cls.model_validate(known))
    recorder.outcome("validated json", lambda: cls.model_validate_json(json.dumps(known)))
    recorder.outcome("unknown field", lambda: cls.model_validate({**least, "added_later": {"a": 1}}))
    for name in least:
        recorder.outcome(f"without {name}", lambda name=name: cls(**{k: v for k, v in least.items() if k != name}))
    for name in _fields(cls):
        recorder.outcome(f"null {name}", lambda name=name: cls(**{**least, name: None}))
    for options in ({"exclude_none": True}, {"exclude_unset": True}, {"exclude_defaults": True}, {"mode": "json"}):
        recorder.outcome(f"dump {next(iter(options))}", lambda options=options: cls(**known).model_dump(**options))
    recorder.outcome("dump include", lambda: cls(**known).model_dump(include={next(iter(least))}))
    recorder.outcome("dump exclude", lambda: cls(**known).model_dump(exclude={next(iter(least))}))
    recorder.outcome("indented", lambda: cls(**known).model_dump_json(indent=2))
    recorder.outcome("hash", lambda: hash(cls(**known)))
    recorder.record("equal", [cls(**known) == cls(**known), cls(**known) == cls(**least), cls(**least) == 5])
    recorder.outcome("copied", lambda: copy.deepcopy(cls(**known)))
    recorder.outcome("shallow copied", lambda: copy.copy(cls(**known)))
    recorder.outcome("pickled", lambda: pickle.loads(pickle.dumps(cls(**known))))
    changed = next(name for name, value in least.items() if isinstance(value, str) and name != "id")
    recorder.outcome("model_copy", lambda: cls(**known).model_copy(update={changed: "changed"}))
    recorder.outcome("set", lambda: _set(cls(**known), changed))
    recorder.outcome("set unknown", lambda: _set(cls(**known), "nothing_here"))
    recorder.outcome("unknown attribute", lambda: getattr(cls(**known), "nothing_here"))  # noqa: B009
    recorder.outcome("fields", lambda: {name: field.is_required() for name, field in cls.model_fields.items()})
    recorder.outcome("schema", lambda: sorted(cls.model_json_schema()["properties"]))
    holder = pydantic.create_model("Holder", part=(cls, ...), parts=(list[cls], []))
    recorder.outcome("held", lambda: holder(part=cls(**known), parts=[known]))
    recorder.outcome("held dump", lambda: json.loads(holder(part=cls(**known)).model_dump_json()))


def _fields(cls: Any) -> list[str]:
    # Part of the published contract, so it is repeated here.
    published = {
        "Agent": "id type name description system model runtime environment_id skills mcp_servers "
        "metadata version archived_at created_at updated_at",
        "AgentVersion": "id type name description system model runtime environment_id skills mcp_servers "
        "metadata version created_at",
        "Environment": "id type name packages setup_script networking version archived_at created_at updated_at",
        "EnvironmentVersion": "id type name packages setup_script networking version created_at",
        "McpServer": "name type url command",
        "Networking": "type allowed_hosts",
        "SessionResource": "type url mount_path",
        "Session": "id agent_id environment_id runtime status exit_code created_at updated_at resources "
        "turn_count current_turn",
        "SessionTurn": "turn_number prompt status exit_code created_at started_at ended_at",
        "SessionAck": "id status stream_url environment_id resources current_turn",
        "StreamEvent": "type id extra",
    }
    return published[cls.__name__].split()


def _set(value: Any, name: str) -> Any:
    setattr(value, name, "changed")
    return value


def _events(recorder: Recorder) -> None:
    payloads: dict[str, dict[str, Any]] = {
        "output": {"type": "output", "id": 7, "stream": "stdout", "data": "x\u2028y", "turn": 1},
        "empty": {},
        "no type": {"id": 3, "data": "x"},
        "number type": {"type": 3},
        "null type": {"type": None},
        "unknown type": {"type": "added_later", "id": 1},
        "text id": {"type": "output", "id": "12"},
        "fraction id": {"type": "output", "id": 1.5},
        "whole fraction id": {"type": "output", "id": 2.0},
        "bad id": {"type": "output", "id": "x"},
        "true id": {"type": "output", "id": True},
        "extra inside": {"type": "output", "extra": {"a": 1}},
    }
    for name, payload in payloads.items():
        recorder.outcome(f"from {name}", lambda payload=payload: aod.StreamEvent.from_payload(payload))
    recorder.outcome("positional", lambda: aod.StreamEvent("output"))
    recorder.outcome("null extra", lambda: aod.StreamEvent(type="output", extra=None))
    first = aod.StreamEvent(type="output")
    first.extra["kept"] = 1
    recorder.record("extras are not shared", aod.StreamEvent(type="output"))
    recorder.outcome("schema of an event", lambda: aod.StreamEvent.model_json_schema()["properties"]["extra"]["type"])
    recorder.outcome("as a dict", lambda: dict(aod.StreamEvent(type="output", id=1)))
    recorder.outcome("constructed", lambda: aod.StreamEvent.model_construct(type="output", id=1, extra={}))
    recorder.outcome("fields set", lambda: sorted(aod.StreamEvent(type="output").model_fields_set))
    recorder.outcome(
        "python dict", lambda: aod.StreamEvent.model_validate({"type": "exit", "id": None, "extra": {"code": 0}})
    )
    recorder.outcome("is a model", lambda: isinstance(aod.StreamEvent(type="exit"), pydantic.BaseModel))
    recorder.outcome("adapter", lambda: pydantic.TypeAdapter(list[aod.StreamEvent]).validate_json('[{"type":"exit"}]'))


def _coercion(recorder: Recorder) -> None:
    for name, change in {
        "upper id": {"id": ID.upper()},
        "undashed id": {"id": ID.replace("-", "")},
        "bad id": {"id": "x"},
        "text version": {"version": "3"},
        "fraction version": {"version": 1.5},
        "bad time": {"created_at": "yesterday"},
        "zulu time": {"created_at": "2026-04-22T05:15:16Z"},
        "time zone": {"created_at": "2026-04-22T07:15:16+02:00"},
        "other type": {"type": "robot"},
        "number name": {"name": 5},
        "skill no dict": {"skills": ["x"]},
        "mcp no type": {"mcp_servers": [{"name": "n"}]},
        "mcp more": {"mcp_servers": [{"name": "n", "type": "url", "url": "u", "headers": {"a": "b"}}]},
        "mcp unknown": {"mcp_servers": [{"name": "n", "type": "pipe"}]},
    }.items():
        recorder.outcome(f"agent {name}", lambda change=change: aod.Agent(**{**REQUIRED["Agent"], **change}))
    for name, networking in {
        "null hosts": {"type": "limited", "allowed_hosts": None},
        "text hosts": {"type": "limited", "allowed_hosts": "a.test"},
        "number hosts": {"type": "limited", "allowed_hosts": [5]},
        "other type": {"type": "vpn"},
    }.items():
        recorder.outcome(f"networking {name}", lambda networking=networking: aod.Networking(**networking))
    for status in ("paused", "interrupted", None, 5):
        recorder.outcome(
            f"session {status}", lambda status=status: aod.Session(**{**REQUIRED["Session"], "status": status})
        )
        recorder.outcome(
            f"turn {status}", lambda status=status: aod.SessionTurn(**{**REQUIRED["SessionTurn"], "status": status})
        )
    recorder.outcome("resource other type", lambda: aod.SessionResource(type="svn", url="u"))
    recorder.outcome(
        "package manager", lambda: aod.Environment(**{**REQUIRED["Environment"], "packages": {"brew": ["x"]}})
    )
