//! 422 responses for MCP servers and skills.

use aod::models::{InlineSkill, McpServer, Skill};
use aod_devserver::Generation;
use serde_json::{Value, json};

use super::agents::refuses_to_create;
use super::{both, rule, server_only};
use crate::endpoints::world::{World, tests};

tests! { in [april21 april30 june25]: invalid_mcp_servers_are_refused, invalid_inline_skills_are_refused }
tests! { in [april21]: old_servers_refuse_skills_from_github }
tests! { in [april30 june25]: invalid_skills_from_github_are_refused }

async fn invalid_mcp_servers_are_refused(world: World) {
    let with = |servers: Vec<Value>| {
        let mut request = world.new_agent("a");
        request.mcp_servers = servers.into_iter().map(McpServer::Unknown).collect();
        request
    };
    let refused = |servers, detail| server_only(with(servers), rule("mcp_servers", detail));
    let good = json!({"name": "good", "url": "u"});
    let twenty_one = (0..21).map(|n| json!({"name": n.to_string(), "url": "u"}));
    let rows = [
        refused(vec![json!(5)], "mcp_servers[0] must be an object"),
        refused(
            vec![good.clone(), json!({"url": "u"})],
            "mcp_servers[1] missing required field: name",
        ),
        refused(
            vec![json!({"name": "a", "type": "sse"})],
            "mcp_servers[0]: unknown type 'sse'. Must be one of: ['stdio', 'url']",
        ),
        refused(
            vec![json!({"name": "a"})],
            "mcp_servers[0] (url): missing required field: url",
        ),
        refused(
            vec![json!({"name": "a", "type": "stdio", "url": "u"})],
            "mcp_servers[0] (stdio): missing required field: command",
        ),
        both(
            with(vec![good.clone(), good]),
            ["mcp_servers[1]"],
            rule("mcp_servers", "mcp_servers[1]: duplicate name 'good'"),
        ),
        both(
            with(twenty_one.collect()),
            ["mcp_servers"],
            rule("mcp_servers", "Maximum 20 MCP servers per agent"),
        ),
    ];
    refuses_to_create(&world, rows).await;
}

async fn invalid_inline_skills_are_refused(world: World) {
    let allowed = match world.generation {
        Generation::April21 => "Allowed",
        Generation::April30 | Generation::June25 => "Allowed for inline skills",
    };
    let with = |skills: Vec<Skill>| {
        let mut request = world.new_agent("a");
        request.skills = skills;
        request
    };
    let raw = |json| with(vec![Skill::Unknown(json)]);
    let inline = |change: fn(&mut InlineSkill)| {
        let mut skill = Skill::inline("ok", "d", "c");
        change(&mut skill);
        with(vec![skill.into()])
    };
    let refused = |request, detail: &str| server_only(request, rule("skills", detail));
    let refused_here = |request, path, detail| both(request, [path], rule("skills", detail));
    let twenty_one = (0..21).map(|n| Skill::inline(n.to_string(), "d", "c").into());
    let same = || Skill::inline("same", "d", "c").into();
    let rows = vec![
        refused(raw(json!("text")), "skills[0] must be an object"),
        refused(
            raw(json!({"name": "a", "description": "d", "content": "c", "z": 1, "b": 2})),
            &format!(
                "skills[0]: unknown keys ['b', 'z']. {allowed}: ['content', 'description', 'name']"
            ),
        ),
        refused(
            raw(json!({"name": "a", "description": "d"})),
            "skills[0] missing required field: content",
        ),
        refused(
            raw(json!({"name": "a", "description": null, "content": "c"})),
            "skills[0].description must be a string",
        ),
        refused_here(
            inline(|skill| skill.name = "It's".into()),
            "skills[0].name",
            "skills[0].name \"It's\" must match [a-z0-9][a-z0-9-]{0,63}",
        ),
        refused_here(
            with(vec![same(), same()]),
            "skills[1].name",
            "skills[1]: duplicate name 'same'",
        ),
        refused_here(
            inline(|skill| skill.description = "é".repeat(1025)),
            "skills[0].description",
            "skills[0].description exceeds 1024 chars",
        ),
        refused_here(
            inline(|skill| skill.content = "é".repeat(32_769)),
            "skills[0].content",
            "skills[0].content exceeds 65536 bytes",
        ),
        refused_here(
            inline(|skill| skill.content = "a SKILL_EOF b".into()),
            "skills[0].content",
            "skills[0].content must not contain 'SKILL_EOF'",
        ),
        refused_here(
            with(twenty_one.collect()),
            "skills",
            "Maximum 20 skills per agent",
        ),
    ];
    refuses_to_create(&world, rows).await;
    // At the limits they are accepted.
    let request = inline(|skill| {
        skill.name = "n".repeat(64);
        skill.description = "é".repeat(1024);
        skill.content = "é".repeat(32_768);
    });
    world.client.agents().create(request).await.unwrap();
}

async fn old_servers_refuse_skills_from_github(world: World) {
    let request = world.new_agent("a").skill(Skill::github("owner/repo", "d"));
    let detail =
        "skills[0]: unknown keys ['source', 'type']. Allowed: ['content', 'description', 'name']";
    refuses_to_create(&world, [server_only(request, rule("skills", detail))]).await;
}

async fn invalid_skills_from_github_are_refused(world: World) {
    let raw = |json| world.new_agent("a").skill(Skill::Unknown(json));
    let refused = |json, detail| server_only(raw(json), rule("skills", detail));
    let twice = world
        .new_agent("a")
        .skill(Skill::github("o/r", "d"))
        .skill(Skill::github("o/r", "e"));
    let rows = [
        refused(
            json!({"type": "gitlab", "description": "d", "source": "o/r"}),
            "skills[0].type 'gitlab' unsupported (only 'github')",
        ),
        refused(
            json!({"type": "github", "description": "d", "source": "o/r", "content": "c"}),
            "skills[0]: unknown keys ['content']. Allowed for github skills: ['description', 'name', 'source', 'type']",
        ),
        refused(
            json!({"type": "github", "description": "d"}),
            "skills[0] missing required field: source",
        ),
        both(
            world.new_agent("a").skill(Skill::github("owner", "d")),
            ["skills[0].source"],
            rule("skills", "skills[0].source 'owner' must be 'owner/repo'"),
        ),
        server_only(
            twice,
            rule("skills", "skills[1]: duplicate source '@github:o/r'"),
        ),
    ];
    refuses_to_create(&world, rows).await;
}
