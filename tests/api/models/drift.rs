//! Models with content of newer servers.

use aod::models::{
    Agent, Environment, McpServer, NetworkingType, Provider, Session, SessionStatus, Skill,
    TurnStatus,
};
use serde_json::json;

use super::{normalized, round_trip};

#[test]
fn an_unknown_status_and_unknown_fields_of_a_session_are_kept() {
    let json = json!({
        "id": "6f22c53b-0000-4000-8000-000000000000", "agent_id": null, "environment_id": null,
        "provider": "mistral", "status": "hibernating", "exit_code": null,
        "created_at": "2026-04-22T05:15:16.910301+00:00", "updated_at": "2026-04-22T05:15:16+00:00",
        "resources": [{"type": "s3_bucket", "url": "s3://b", "mount_path": "/b", "region": "eu"}],
        "turn_count": 3, "current_turn": 3, "cost": {"usd": 0.25}
    });
    let session: Session = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(session.status, SessionStatus::Unknown("hibernating".into()));
    assert_eq!(session.provider, Some(Provider::Unknown("mistral".into())));
    assert_eq!(session.extra["cost"]["usd"], 0.25);
    assert_eq!(session.resources[0].resource_type.as_str(), "s3_bucket");
    assert_eq!(normalized(&round_trip::<Session>(&json)), normalized(&json));
}

#[test]
fn an_agent_keeps_mcp_servers_and_skills_of_unknown_types() {
    let json = json!({
        "id": "6f22c53b-0000-4000-8000-000000000000", "type": "agent", "name": "a", "description": null,
        "system": null, "model": "m", "runtime": "aider", "environment_id": null,
        "skills": [
            {"name": "s", "description": "d", "content": "c"},
            {"type": "github", "source": "o/r", "description": "d", "ref": "main"},
            {"type": "gitlab", "source": "o/r"},
            {"name": 5}, "text", null
        ],
        "mcp_servers": [
            {"name": "a", "url": "u", "type": "url", "headers": {"Authorization": "Bearer x"}, "timeout": 5},
            {"name": "b", "command": "c", "type": "stdio", "args": ["1"], "env": {"K": "v"}},
            {"name": "c", "type": "websocket", "url": "wss://c"},
            {"name": ["odd"], "url": "u"}, {"name": "d", "type": null}, 7
        ],
        "metadata": {"a": null, "b": [1.5, {"c": ""}]}, "version": 1,
        "created_at": "2026-04-22T05:15:16.910301+00:00", "updated_at": "2026-04-22T05:15:16.910301+00:00",
        "archived_at": null, "labels": ["x"]
    });
    let agent: Agent = serde_json::from_value(json.clone()).unwrap();
    assert!(matches!(agent.skills[1], Skill::Github(_)));
    assert!(
        agent.skills[2..]
            .iter()
            .all(|skill| matches!(skill, Skill::Unknown(_)))
    );
    assert!(matches!(agent.mcp_servers[0], McpServer::Url(_)));
    assert!(matches!(agent.mcp_servers[1], McpServer::Stdio(_)));
    assert!(
        agent.mcp_servers[2..]
            .iter()
            .all(|server| matches!(server, McpServer::Unknown(_)))
    );
    assert_eq!(normalized(&round_trip::<Agent>(&json)), normalized(&json));
    let shown = format!("{agent:?}");
    assert!(
        !shown.contains("Bearer x") && !shown.contains("wss"),
        "{shown}"
    );
}

#[test]
fn an_environment_keeps_networking_of_any_shape() {
    for networking in [
        json!({"type": "limited"}),
        json!({"type": "limited", "allowed_hosts": "github.com"}),
        json!({"type": "limited", "allowed_hosts": ["a", 1], "ports": [443]}),
        json!({"type": "vpn", "allowed_hosts": ["a"]}),
    ] {
        let json = json!({
            "id": "6f22c53b-0000-4000-8000-000000000000", "type": "environment", "name": "e",
            "packages": {"brew": ["jq"], "apt": []}, "setup_script": null, "networking": networking, "version": 1,
            "created_at": "2026-04-22T05:15:16.910301+00:00", "updated_at": "2026-04-22T05:15:16.910301+00:00",
            "archived_at": "2026-04-22T05:15:16.910301+00:00"
        });
        assert_eq!(
            normalized(&round_trip::<Environment>(&json)),
            normalized(&json)
        );
    }
}

#[test]
fn every_known_value_has_its_variant() {
    assert_eq!(SessionStatus::from("terminated"), SessionStatus::Terminated);
    assert_eq!(TurnStatus::from("interrupted"), TurnStatus::Interrupted);
    assert_eq!(NetworkingType::from("limited"), NetworkingType::Limited);
    assert_eq!(NetworkingType::Unknown("vpn".into()).to_string(), "vpn");
}
