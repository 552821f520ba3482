//! The operations by name, and their requests from the fields of a scenario.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::time::Duration;

use aod::models::{
    CreateAgent, CreateEnvironment, CreateSession, GithubRepository, Patch, Prompt, SecretMap,
    UpdateAgent, UpdateEnvironment,
};
use aod::{Client, Result as Answer, Sessions};
use futures::StreamExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::Problem;
use crate::outcome::Secrets;

/// The fields of a request. Fields that are not taken are unknown.
pub(crate) struct Fields(pub(crate) Map<String, Value>);

impl Fields {
    fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, Problem> {
        let value = self.0.remove(name);
        let read = value.map(serde_json::from_value).transpose();
        read.map_err(|error| format!("{name}: {error}"))
    }

    fn need<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, Problem> {
        self.take(name)?.ok_or_else(|| format!("{name} is missing"))
    }

    /// Absent keeps, `null` clears, any other value sets.
    fn patch<T: DeserializeOwned>(&mut self, name: &str) -> Result<Patch<T>, Problem> {
        Ok(match self.take::<Option<T>>(name)? {
            None => Patch::Keep,
            Some(None) => Patch::Clear,
            Some(Some(value)) => Patch::Set(value),
        })
    }

    fn secrets(&mut self, name: &str) -> Result<SecretMap, Problem> {
        let texts: Option<BTreeMap<String, String>> = self.take(name)?;
        Ok(texts.unwrap_or_default().into_iter().collect())
    }

    fn seconds(&mut self, name: &str) -> Result<Option<Duration>, Problem> {
        Ok(self.take(name)?.map(Duration::from_secs))
    }

    fn id(&mut self) -> Result<Uuid, Problem> {
        self.need("id")
    }

    /// Adds the version of an update, which is replaced before it is sent.
    fn of_any_version(mut self) -> Self {
        self.0.insert("version".to_owned(), 0.into());
        self
    }

    fn only_id(mut self) -> Result<Uuid, Problem> {
        let id = self.id()?;
        self.end(id)
    }

    /// Returns the request, if there are no unknown fields.
    fn end<T>(self, built: T) -> Result<T, Problem> {
        match self.0.keys().next() {
            Some(name) => Err(format!("unknown field {name}")),
            None => Ok(built),
        }
    }
}

/// Makes a call. Returns its result as JSON, or its error.
pub(crate) async fn call(
    client: &Client,
    operation: &str,
    mut with: Fields,
    secrets: &Secrets,
) -> Result<Answer<Value>, Problem> {
    let (agents, environments, sessions) =
        (client.agents(), client.environments(), client.sessions());
    macro_rules! shown {
        ($call:expr) => {
            shown(secrets, $call.await)
        };
    }
    match operation {
        "health" => {
            with.end(())?;
            shown!(client.health())
        }
        "agents.list" => {
            with.end(())?;
            shown!(agents.list())
        }
        "agents.create" => shown!(agents.create(create_agent(with)?)),
        "agents.get" => shown!(agents.get(with.only_id()?)),
        "agents.update" => shown!(agents.update(with.id()?, update_agent(with)?)),
        "agents.update_with" => {
            let id = with.id()?;
            let update = update_agent(with.of_any_version())?;
            shown!(agents.update_with(id, |_| update.clone()))
        }
        "agents.ensure" => shown!(agents.ensure(create_agent(with)?)),
        "agents.ensure_archived" => shown!(agents.ensure_archived(with.only_id()?)),
        "agents.archive" => shown!(agents.archive(with.only_id()?)),
        "agents.versions" => shown!(agents.versions(with.only_id()?)),
        "environments.list" => {
            with.end(())?;
            shown!(environments.list())
        }
        "environments.create" => shown!(environments.create(create_environment(with)?)),
        "environments.get" => shown!(environments.get(with.only_id()?)),
        "environments.update" => {
            shown!(environments.update(with.id()?, update_environment(with)?))
        }
        "environments.update_with" => {
            let id = with.id()?;
            let update = update_environment(with.of_any_version())?;
            shown!(environments.update_with(id, |_| update.clone()))
        }
        "environments.ensure" => shown!(environments.ensure(create_environment(with)?)),
        "environments.ensure_archived" => {
            shown!(environments.ensure_archived(with.only_id()?))
        }
        "environments.archive" => shown!(environments.archive(with.only_id()?)),
        "environments.delete" => shown!(environments.delete(with.only_id()?)),
        "environments.versions" => shown!(environments.versions(with.only_id()?)),
        "sessions.list" => {
            with.end(())?;
            shown!(sessions.list())
        }
        "sessions.create" => shown!(sessions.create(create_session(with)?)),
        "sessions.get" => shown!(sessions.get(with.only_id()?)),
        "sessions.prompt" => shown!(sessions.prompt(with.id()?, prompt(with)?)),
        "sessions.turns" => shown!(sessions.turns(with.only_id()?)),
        "sessions.terminate" => shown!(sessions.terminate(with.only_id()?)),
        "sessions.ensure_terminated" => shown!(sessions.ensure_terminated(with.only_id()?)),
        "sessions.interrupt" => shown!(sessions.interrupt(with.only_id()?)),
        "sessions.delete" => shown!(sessions.delete(with.only_id()?)),
        "sessions.wait" => shown!(sessions.wait_for_completion(with.only_id()?)),
        "sessions.run" => shown!(sessions.run(create_session(with)?)),
        "sessions.run_all" => {
            let requests: Vec<Map<String, Value>> = with.need("requests")?;
            let requests: Vec<_> = requests
                .into_iter()
                .map(|fields| create_session(Fields(fields)))
                .collect::<Result<_, _>>()?;
            let max_concurrent = with.need("max_concurrent")?;
            with.end(())?;
            let results = sessions
                .run_all(requests)
                .max_concurrent(max_concurrent)
                .await;
            let mut list = Vec::new();
            for result in results {
                list.push(match result {
                    Ok(run) => secrets.value(&run)?,
                    Err(error) => json!({"kind": error.kind().as_str()}),
                });
            }
            Ok(Ok(list.into()))
        }
        "sessions.watch" => {
            let ids: Vec<Uuid> = with.need("ids")?;
            with.end(())?;
            watch(&sessions, &ids).await.map(Ok)
        }
        "sessions.ask" => {
            let (id, wait): (_, Option<bool>) = (with.id()?, with.take("wait")?);
            shown!(sessions.ask(id, prompt(with)?).wait(wait.unwrap_or(false)))
        }
        other => Err(format!("unknown operation {other}")),
    }
}

/// Watches sessions to their ends. Returns the events of each, or the kind of its error.
async fn watch(sessions: &Sessions<'_>, ids: &[Uuid]) -> Result<Value, Problem> {
    let mut events: HashMap<Uuid, Vec<Value>> = HashMap::new();
    let mut stream = sessions.watch(ids.iter().copied());
    while let Some(item) = stream.next().await {
        let shown = match item.event {
            Ok(event) => serde_json::to_value(&event).map_err(|error| error.to_string())?,
            Err(error) => json!({"kind": error.kind().as_str()}),
        };
        events.entry(item.session_id).or_default().push(shown);
    }
    Ok(ids
        .iter()
        .map(|id| events.remove(id).unwrap_or_default())
        .collect())
}

fn shown<T: Serialize + Debug>(
    secrets: &Secrets,
    answer: Answer<T>,
) -> Result<Answer<Value>, Problem> {
    match answer {
        Ok(result) => secrets.value(&result).map(Ok),
        Err(error) => Ok(Err(error)),
    }
}

fn create_agent(mut with: Fields) -> Result<CreateAgent, Problem> {
    let request = CreateAgent {
        runtime: with.take("runtime")?,
        provider: with.take("provider")?,
        description: with.take("description")?,
        system: with.take("system")?,
        environment_id: with.take("environment_id")?,
        skills: with.take("skills")?.unwrap_or_default(),
        mcp_servers: with.take("mcp_servers")?.unwrap_or_default(),
        metadata: with.take("metadata")?.unwrap_or_default(),
        ..CreateAgent::new(with.need::<String>("name")?, with.need::<String>("model")?)
    };
    with.end(request)
}

fn update_agent(mut with: Fields) -> Result<UpdateAgent, Problem> {
    let request = UpdateAgent {
        name: with.take("name")?,
        model: with.take("model")?,
        runtime: with.take("runtime")?,
        provider: with.take("provider")?,
        description: with.patch("description")?,
        system: with.patch("system")?,
        environment_id: with.patch("environment_id")?,
        skills: with.take("skills")?,
        mcp_servers: with.take("mcp_servers")?,
        metadata: with.take("metadata")?.unwrap_or_default(),
        ..UpdateAgent::new(with.need("version")?)
    };
    with.end(request)
}

fn create_environment(mut with: Fields) -> Result<CreateEnvironment, Problem> {
    let request = CreateEnvironment {
        packages: with.take("packages")?.unwrap_or_default(),
        env_vars: with.secrets("env_vars")?,
        setup_script: with.take("setup_script")?,
        networking: with.take("networking")?,
        ..CreateEnvironment::new(with.need::<String>("name")?)
    };
    with.end(request)
}

fn update_environment(mut with: Fields) -> Result<UpdateEnvironment, Problem> {
    let has_env_vars = with.0.contains_key("env_vars");
    let env_vars = with.secrets("env_vars")?;
    let request = UpdateEnvironment {
        name: with.take("name")?,
        packages: with.take("packages")?,
        env_vars: has_env_vars.then_some(env_vars),
        setup_script: with.patch("setup_script")?,
        networking: with.take("networking")?,
        ..UpdateEnvironment::new(with.need("version")?)
    };
    with.end(request)
}

fn create_session(mut with: Fields) -> Result<CreateSession, Problem> {
    let resources: Option<Vec<Map<String, Value>>> = with.take("resources")?;
    let request = CreateSession {
        environment_id: with.take("environment_id")?,
        timeout: with.seconds("timeout")?,
        resources: resources
            .unwrap_or_default()
            .into_iter()
            .map(|fields| repository(Fields(fields)))
            .collect::<Result<_, _>>()?,
        secret_env_vars: with.secrets("secret_env_vars")?,
        ..CreateSession::new(with.need("agent_id")?, with.need::<String>("prompt")?)
    };
    with.end(request)
}

fn repository(mut with: Fields) -> Result<GithubRepository, Problem> {
    let kind: String = with.need("type")?;
    if kind != "github_repository" {
        return Err(format!("unknown type {kind}"));
    }
    let repository = GithubRepository {
        mount_path: with.take("mount_path")?,
        authorization_token: with.take::<String>("authorization_token")?.map(Into::into),
        ..GithubRepository::new(with.need::<String>("url")?)
    };
    with.end(repository)
}

fn prompt(mut with: Fields) -> Result<Prompt, Problem> {
    let request = Prompt {
        timeout: with.seconds("timeout")?,
        ..Prompt::new(with.need::<String>("prompt")?)
    };
    with.end(request)
}
