//! 400 and 422 responses for agents: texts, runtimes and models.

use aod::models::{CreateAgent, McpServer, Skill, UpdateAgent};
use aod_devserver::Generation;
use serde_json::json;

use super::{ErrorResponse, Invalid, assert_refused, both, fields, rule, server_only, text};
use crate::endpoints::world::{World, tests};

tests! { in [april21 april30 june25]:
    texts_of_an_agent_have_limits,
    the_runtime_or_provider_is_required,
    all_invalid_fields_are_listed_in_order,
    an_update_has_the_same_rules,
    the_generation_decides_whether_the_archive_or_the_body_is_checked_first,
}

tests! { in [april21 april30]:
    an_unknown_runtime_is_a_bad_request,
    an_unknown_model_is_refused_with_the_known_ones,
}
tests! { in [april21 april30]: the_generation_decides_whether_the_version_or_the_runtime_is_checked_first }
tests! { in [april30]: an_incompatible_runtime_and_model_are_refused }
tests! { in [june25]: unknown_providers_and_mismatched_models_are_refused }

const APRIL21_MODELS: &str = "['claude-3-5-haiku-20241022', 'claude-haiku-4-5', 'claude-opus-4-0-20250514', \
    'claude-opus-4-6', 'claude-sonnet-4-0-20250514', 'claude-sonnet-4-5-20250514', 'claude-sonnet-4-6', \
    'gemini-2.5-flash', 'gemini-2.5-pro', 'gpt-4.1', 'o3', 'o4-mini']";
const APRIL30_MODELS: &str = "['anthropic/claude-3-5-haiku-20241022', 'anthropic/claude-haiku-4-5', \
    'anthropic/claude-opus-4-0-20250514', 'anthropic/claude-opus-4-6', 'anthropic/claude-sonnet-4-0-20250514', \
    'anthropic/claude-sonnet-4-5-20250514', 'anthropic/claude-sonnet-4-6', 'google/gemini-2.5-flash', \
    'google/gemini-2.5-pro', 'openai/gpt-4.1', 'openai/o3', 'openai/o4-mini']";

/// The 422 for an unknown model.
fn unknown_model(world: &World, model: &str) -> ErrorResponse {
    let models = match world.generation {
        Generation::April21 => APRIL21_MODELS,
        Generation::April30 | Generation::June25 => APRIL30_MODELS,
    };
    let detail = format!("Unknown model: {model}. Must be one of: {models}");
    rule("model", &detail)
}

pub(super) async fn refuses_to_create(
    world: &World,
    rows: impl IntoIterator<Item = Invalid<CreateAgent>>,
) {
    assert_refused(world, rows, async |client, request| {
        client.agents().create(request).await
    })
    .await;
}

async fn texts_of_an_agent_have_limits(world: World) {
    let with = |change: fn(&mut CreateAgent)| {
        let mut request = world.new_agent("a");
        change(&mut request);
        request
    };
    let long_engine = match world.generation {
        Generation::April21 | Generation::April30 => both(
            with(|agent| agent.runtime = Some("r".repeat(33).into())),
            ["runtime"],
            fields([("runtime", "String should have at most 32 characters")]),
        ),
        Generation::June25 => server_only(
            with(|agent| agent.provider = Some("p".repeat(33).into())),
            fields([("provider", "String should have at most 32 characters")]),
        ),
    };
    let blank_model = match world.generation {
        Generation::April21 | Generation::April30 => unknown_model(&world, " "),
        Generation::June25 => text(422, "Model must be a non-empty string"),
    };
    let rows = [
        both(
            with(|agent| agent.name = "é".repeat(201)),
            ["name"],
            fields([("name", "String should have at most 200 characters")]),
        ),
        both(
            with(|agent| agent.model = "m".repeat(101)),
            ["model"],
            fields([("model", "String should have at most 100 characters")]),
        ),
        both(
            with(|agent| agent.model = " ".into()),
            ["model"],
            blank_model,
        ),
        long_engine,
    ];
    refuses_to_create(&world, rows).await;
    // At the limit it is accepted.
    let request = with(|agent| agent.name = "é".repeat(200));
    world.client.agents().create(request).await.unwrap();
}

async fn the_runtime_or_provider_is_required(world: World) {
    let request = CreateAgent::new("a", world.model());
    let (missing, other) = match world.generation {
        Generation::April21 | Generation::April30 => {
            ("runtime", request.clone().provider("anthropic"))
        }
        Generation::June25 => ("provider", request.clone().runtime("claude")),
    };
    let rows = [
        both(request, ["runtime"], fields([(missing, "Field required")])),
        server_only(other, fields([(missing, "Field required")])),
    ];
    refuses_to_create(&world, rows).await;
}

async fn an_unknown_runtime_is_a_bad_request(world: World) {
    let runtimes = match world.generation {
        Generation::April21 => "['claude', 'codex', 'gemini', 'claude-oauth']",
        Generation::April30 | Generation::June25 => "['claude', 'codex', 'gemini', 'opencode']",
    };
    let unknown = |runtime| {
        let detail = format!("Unknown runtime: {runtime}. Must be one of: {runtimes}");
        text(400, detail)
    };
    let rows = ["claude-code", "Claude", ""].map(|runtime| {
        let request = CreateAgent::new("a", world.model()).runtime(runtime);
        server_only(request, unknown(runtime))
    });
    refuses_to_create(&world, rows).await;
    let agent = world.agent("a").await.id;
    let update = UpdateAgent::new(1).runtime("claude-code");
    let error = world.client.agents().update(agent, update).await;
    assert_eq!(
        ErrorResponse::of(&error.unwrap_err()),
        unknown("claude-code")
    );
}

async fn an_unknown_model_is_refused_with_the_known_ones(world: World) {
    let request = CreateAgent::new("a", "claude-sonnet-4-5").runtime("claude");
    let rows = [server_only(
        request,
        unknown_model(&world, "claude-sonnet-4-5"),
    )];
    refuses_to_create(&world, rows).await;
    let agent = world.agent("a").await.id;
    let update = UpdateAgent::new(1).model("gpt-5");
    let error = world.client.agents().update(agent, update).await;
    assert_eq!(
        ErrorResponse::of(&error.unwrap_err()),
        unknown_model(&world, "gpt-5")
    );
}

async fn an_incompatible_runtime_and_model_are_refused(world: World) {
    let create = |runtime, model| CreateAgent::new("a", model).runtime(runtime);
    let rows = [
        server_only(
            create("claude", "openai/o3"),
            text(
                422,
                "Runtime claude cannot serve model openai/o3: provider openai not in ['anthropic']",
            ),
        ),
        server_only(
            create("gemini", "anthropic/claude-haiku-4-5"),
            text(
                422,
                "Runtime gemini cannot serve model anthropic/claude-haiku-4-5: provider anthropic not in ['google']",
            ),
        ),
    ];
    refuses_to_create(&world, rows).await;
    let agent = world.agent("a").await.id;
    let update = UpdateAgent::new(1).runtime("codex");
    let error = world.client.agents().update(agent, update).await;
    assert_eq!(
        ErrorResponse::of(&error.unwrap_err()),
        text(
            422,
            "Runtime codex cannot serve model anthropic/claude-sonnet-4-6: provider anthropic not in ['openai']"
        )
    );
}

async fn unknown_providers_and_mismatched_models_are_refused(world: World) {
    let create = |provider, model| CreateAgent::new("a", model).provider(provider);
    let unknown = || {
        text(
            422,
            "Unknown provider: google. Must be one of: ['anthropic', 'openai']",
        )
    };
    let mismatch = || {
        text(
            422,
            "Model provider prefix 'openai' does not match provider 'anthropic'",
        )
    };
    let rows = [
        server_only(create("google", "gemini"), unknown()),
        server_only(create("anthropic", "openai/o3"), mismatch()),
    ];
    refuses_to_create(&world, rows).await;
    let agent = world.agent("a").await.id;
    let update = UpdateAgent::new(1);
    let rows = [
        server_only(update.clone().provider("google"), unknown()),
        server_only(update.clone().model("openai/o3"), mismatch()),
        server_only(
            update.clone().model(" "),
            text(422, "Model must be a non-empty string"),
        ),
        server_only(
            update.model("m".repeat(101)),
            fields([("model", "String should have at most 100 characters")]),
        ),
    ];
    assert_refused(&world, rows, async |client, update| {
        client.agents().update(agent, update).await
    })
    .await;
}

async fn all_invalid_fields_are_listed_in_order(world: World) {
    let mut request = world.new_agent(&"n".repeat(201));
    request.model = "m".repeat(101);
    request.mcp_servers = vec![McpServer::Unknown(json!(5))];
    request.skills = vec![Skill::Unknown(json!(5))];
    let answer = fields([
        ("name", "String should have at most 200 characters"),
        ("model", "String should have at most 100 characters"),
        ("skills", "Value error, skills[0] must be an object"),
        (
            "mcp_servers",
            "Value error, mcp_servers[0] must be an object",
        ),
    ]);
    refuses_to_create(&world, [both(request, ["name", "model"], answer)]).await;
}

async fn an_update_has_the_same_rules(world: World) {
    let agent = world.agent("a").await.id;
    let update = UpdateAgent::new(1);
    let server = |n: usize| McpServer::url(n.to_string(), "u").into();
    let rows = [
        both(
            update
                .clone()
                .skills([Skill::inline("Bad", "d", "c").into()]),
            ["skills[0].name"],
            rule(
                "skills",
                "skills[0].name 'Bad' must match [a-z0-9][a-z0-9-]{0,63}",
            ),
        ),
        both(
            update.clone().mcp_servers((0..21).map(server)),
            ["mcp_servers"],
            rule("mcp_servers", "Maximum 20 MCP servers per agent"),
        ),
        server_only(
            update.mcp_servers([McpServer::Unknown(json!({"name": "a"}))]),
            rule(
                "mcp_servers",
                "mcp_servers[0] (url): missing required field: url",
            ),
        ),
    ];
    assert_refused(&world, rows, async |client, update| {
        client.agents().update(agent, update).await
    })
    .await;
    let versions = world.client.agents().versions(agent).await.unwrap();
    assert_eq!(versions.len(), 1);
}

async fn the_generation_decides_whether_the_archive_or_the_body_is_checked_first(world: World) {
    let agent = world.agent("a").await.id;
    world.client.agents().archive(agent).await.unwrap();
    let update = UpdateAgent::new(7).mcp_servers([McpServer::Unknown(json!(5))]);
    let error = world.client.agents().update(agent, update).await;
    let expected = match world.generation {
        Generation::April21 => super::conflict(
            "Cannot update an archived agent",
            aod::ConflictReason::Archived,
        ),
        Generation::April30 | Generation::June25 => {
            rule("mcp_servers", "mcp_servers[0] must be an object")
        }
    };
    assert_eq!(ErrorResponse::of(&error.unwrap_err()), expected);
}

async fn the_generation_decides_whether_the_version_or_the_runtime_is_checked_first(world: World) {
    let agent = world.agent("a").await.id;
    let update = UpdateAgent::new(7).runtime("retired");
    let error = world.client.agents().update(agent, update).await;
    let status = match world.generation {
        Generation::April21 => 409,
        Generation::April30 | Generation::June25 => 400,
    };
    assert_eq!(error.unwrap_err().status(), Some(status));
}
