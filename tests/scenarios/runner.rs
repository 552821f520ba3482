//! Runs the steps of a scenario and records the results.

use std::collections::HashMap;
use std::time::Duration;

use aod::models::event::StreamEvent;
use aod::pretty::formatter_for;
use aod::sse::{CancelHandle, Reconnect};
use aod::{Client, Error, EventStream};
use aod_devserver::DevServer;
use futures::StreamExt as _;
use serde_json::{Value, json};

use crate::Problem;
use crate::calls::{self, Fields};
use crate::control::Control;
use crate::outcome::Secrets;
use crate::scenario::{Listen, Open, Options, Read, Saved, Scenario, Step, Until};
use crate::transcript::Transcript;

/// Runs a scenario on its own server and returns the transcript.
pub(crate) async fn run(scenario: Scenario) -> Result<String, Problem> {
    let server = DevServer::builder().generation(scenario.generation.parse()?);
    let server = server.start().await.map_err(|error| error.to_string())?;
    let mut runner = Runner {
        client: connect(server.url(), server.token())?,
        url: server.url().to_owned(),
        control: Control::of(server.url()),
        secrets: Secrets(scenario.secrets),
        saved: Saved::default(),
        streams: HashMap::new(),
        transcript: Transcript::default(),
    };
    for (number, step) in scenario.steps.iter().enumerate() {
        let step = runner
            .saved
            .resolve(step)
            .and_then(|step| Step::parse(&step));
        let done = match step {
            Ok(step) => runner.step(step).await,
            Err(problem) => Err(problem),
        };
        done.map_err(|problem| format!("step {}: {problem}", number + 1))?;
    }
    let text = runner.transcript.text(server.url());
    runner.secrets.absent("the transcript", &text)?;
    Ok(text)
}

fn connect(url: &str, token: &str) -> Result<Client, Problem> {
    let builder = Client::builder().base_url(url).token(token);
    let client = builder.validate_requests(false).build();
    client.map_err(|error| error.to_string())
}

struct Runner {
    client: Client,
    url: String,
    control: Control,
    secrets: Secrets,
    saved: Saved,
    streams: HashMap<String, Stream>,
    transcript: Transcript,
}

/// A stream that was opened under a name.
enum Stream {
    Prepared { client: Client, open: Box<Open> },
    Connected(Box<EventStream>),
    Refused,
}

impl Runner {
    async fn step(&mut self, step: Step) -> Result<(), Problem> {
        match step {
            Step::Control(step) => {
                self.control.call(&step.call).await?;
            }
            Step::Call(step) => {
                let client = self.client_with(&step.options)?;
                let meanwhile = self.meanwhile(step.meanwhile, None);
                let call = calls::call(&client, &step.operation, Fields(step.with), &self.secrets);
                let (answer, meanwhile) = tokio::join!(call, meanwhile);
                meanwhile?;
                let line = match answer? {
                    Ok(result) => {
                        self.saved.keep(step.save, result.clone());
                        json!({"call": step.operation, "result": result})
                    }
                    Err(error) => {
                        json!({"call": step.operation, "error": self.secrets.error(&error)?})
                    }
                };
                self.transcript.write(line);
            }
            Step::Open(open) => {
                let client = self.client_with(&open.options)?;
                let name = open.name.clone();
                let open = Box::new(open);
                self.streams.insert(name, Stream::Prepared { client, open });
            }
            Step::Read(step) => self.read(step).await?,
            Step::Cancel(step) => match self.streams.get(&step.name) {
                Some(Stream::Connected(events)) => events.cancel_handle().cancel(),
                _ => return Err(format!("no stream {} is connected", step.name)),
            },
            Step::Network(step) => step.report.make(&self.client),
            Step::Listen(step) => self.listen(step).await?,
            Step::Pretty(step) => {
                let mut formatter = formatter_for(&step.runtime);
                let mut lines: Vec<String> = step
                    .feed
                    .iter()
                    .flat_map(|chunk| formatter.feed(chunk))
                    .collect();
                lines.extend(formatter.flush());
                self.transcript
                    .write(json!({"pretty": step.runtime, "lines": lines}));
            }
            Step::Transcript(step) => {
                let mut transcript = aod::transcript::Transcript::for_runtime(&step.runtime);
                for chunk in &step.feed {
                    transcript.feed(chunk);
                }
                transcript.finish();
                self.transcript
                    .write(json!({"runtime": step.runtime, "transcript": transcript}));
            }
            Step::Requests(step) => {
                let seen = self
                    .control
                    .call(&[json!("GET"), json!("requests")])
                    .await?;
                self.control
                    .call(&[json!("DELETE"), json!("requests")])
                    .await?;
                let seen = seen["data"].as_array().cloned().unwrap_or_default();
                let lines: Vec<String> = seen
                    .iter()
                    .map(|request| request_line(request, &step.headers))
                    .collect();
                self.transcript.write(json!({"requests": lines}));
            }
        }
        Ok(())
    }

    fn client_with(&self, options: &Options) -> Result<Client, Problem> {
        let client = match &options.token {
            Some(token) => connect(&self.url, token)?,
            None => self.client.clone(),
        };
        let mut overrides = aod::Options::new();
        if let Some(count) = options.max_retries {
            overrides = overrides.max_retries(count);
        }
        if let Some(ms) = options.timeout_ms {
            overrides = overrides.timeout(Duration::from_millis(ms));
        }
        if let Some(ms) = options.stream_idle_timeout_ms {
            overrides = overrides.stream_idle_timeout(Duration::from_millis(ms));
        }
        for (name, value) in &options.headers {
            let name = name.parse().map_err(|_| format!("no header: {name}"))?;
            let value = value.parse().map_err(|_| format!("no header: {value}"))?;
            overrides = overrides.header(name, value);
        }
        Ok(client.with_options(overrides))
    }

    /// Runs steps while another step waits. `cancel` applies to the stream that is being read.
    fn meanwhile(
        &self,
        steps: Vec<Value>,
        cancel: Option<(String, CancelHandle)>,
    ) -> impl Future<Output = Result<(), Problem>> + use<> {
        let (client, control) = (self.client.clone(), self.control.clone());
        async move {
            for step in steps {
                match (Step::parse(&step)?, &cancel) {
                    (Step::Control(step), _) => {
                        control.call(&step.call).await?;
                    }
                    (Step::Network(step), _) => step.report.make(&client),
                    (Step::Cancel(step), Some((name, handle))) if step.name == *name => {
                        handle.cancel();
                    }
                    _ => {
                        return Err(
                            "meanwhile there is only control, network and cancel".to_owned()
                        );
                    }
                }
            }
            Ok(())
        }
    }

    async fn read(&mut self, step: Read) -> Result<(), Problem> {
        let name = step.name;
        let stream = self.streams.remove(&name);
        let mut line = json!({"read": name});
        let mut events = match stream.ok_or_else(|| format!("no stream {name} is open"))? {
            Stream::Connected(events) => events,
            Stream::Prepared { client, open } => match request(&client, &open).await {
                Ok(events) => Box::new(events),
                Err(error) => {
                    line["error"] = self.secrets.error(&error)?;
                    line["cursor"] = json!(open.since);
                    self.meanwhile(step.meanwhile, None).await?;
                    self.transcript.write(line);
                    self.streams.insert(name, Stream::Refused);
                    return Ok(());
                }
            },
            Stream::Refused => return Err(format!("stream {name} was refused")),
        };
        let cancel = (name.clone(), events.cancel_handle());
        let meanwhile = self.meanwhile(step.meanwhile, Some(cancel));
        let (read, meanwhile) = tokio::join!(take(&mut events, step.until), meanwhile);
        meanwhile?;
        match (step.pretty, step.transcript) {
            (Some(runtime), _) => {
                let mut formatter = formatter_for(runtime);
                let mut shown: Vec<String> = read
                    .events
                    .iter()
                    .flat_map(|event| formatter.consume(event.into()))
                    .collect();
                shown.extend(formatter.flush());
                for text in shown {
                    self.transcript.write(json!({"line": text}));
                }
            }
            (None, true) => {
                let mut transcript = aod::transcript::Transcript::new();
                for event in &read.events {
                    transcript.apply(event);
                }
                self.transcript.write(json!({"transcript": transcript}));
            }
            (None, false) => self.write_events(&read.events)?,
        }
        line["cursor"] = json!(events.cursor());
        line["ended"] = if read.ended { json!(true) } else { Value::Null };
        line["error"] = read
            .error
            .map(|error| self.secrets.error(&error))
            .transpose()?
            .into();
        self.saved
            .keep(step.save, json!({"cursor": events.cursor()}));
        self.transcript.write(line);
        self.streams.insert(name, Stream::Connected(events));
        Ok(())
    }

    /// Runs a listener. In Rust, it is a task that reads a stream.
    async fn listen(&mut self, step: Listen) -> Result<(), Problem> {
        let client = self.client_with(&step.options)?;
        let sessions = client.sessions();
        let mut request = sessions.stream(step.session);
        if let Some(since) = step.since {
            request = request.since(since);
        }
        let listening = async {
            let mut events = request.await?;
            let mut read = take(&mut events, step.cancel_after.map(Until::Count)).await;
            if !read.ended && read.error.is_none() {
                events.cancel_handle().cancel();
                let rest = take(&mut events, None).await;
                read.events.extend(rest.events);
                read.error = rest.error;
            }
            Ok(read)
        };
        let (read, meanwhile) = tokio::join!(listening, self.meanwhile(step.meanwhile, None));
        meanwhile?;
        let error = match read {
            Ok(read) => {
                self.write_events(&read.events)?;
                read.error
            }
            Err(error) => Some(error),
        };
        let line = match error {
            None => json!({"listen": "closed"}),
            Some(error) => json!({"listen": "failed", "error": self.secrets.error(&error)?}),
        };
        self.transcript.write(line);
        Ok(())
    }

    fn write_events(&mut self, events: &[StreamEvent]) -> Result<(), Problem> {
        for event in events {
            let event = match (event, self.secrets.value(event)?) {
                (StreamEvent::Unknown(event), Value::String(raw)) => {
                    json!({"type": event.event_type, "raw": raw})
                }
                (_, event) => event,
            };
            self.transcript.write(json!({"event": event}));
        }
        Ok(())
    }
}

async fn request(client: &Client, open: &Open) -> Result<EventStream, Error> {
    let sessions = client.sessions();
    let mut request = sessions.stream(open.id).resume_stale(open.resume_stale);
    if let Some(since) = open.since {
        request = request.since(since);
    }
    if let Some(attempts) = open.max_attempts {
        request = request.reconnect(Reconnect::new().max_attempts(attempts));
    }
    if !open.reconnect {
        request = request.no_reconnect();
    }
    if let Some(ms) = open.deadline_ms {
        request = request.deadline(Duration::from_millis(ms));
    }
    request.await
}

/// The events that were read from a stream.
struct ReadResult {
    events: Vec<StreamEvent>,
    ended: bool,
    error: Option<Error>,
}

async fn take(stream: &mut EventStream, until: Option<Until>) -> ReadResult {
    let mut read = ReadResult {
        events: Vec::new(),
        ended: false,
        error: None,
    };
    loop {
        match stream.next().await {
            None => {
                read.ended = true;
                return read;
            }
            Some(Err(error)) => {
                read.error = Some(error);
                return read;
            }
            Some(Ok(event)) => {
                let kind = event.event_type().to_owned();
                read.events.push(event);
                let enough = match &until {
                    None => false,
                    Some(Until::Count(count)) => read.events.len() == *count,
                    Some(Until::Type(event_type)) => *event_type == kind,
                };
                if enough {
                    return read;
                }
            }
        }
    }
}

fn request_line(request: &Value, headers: &[String]) -> String {
    let text = |key: &str| request[key].as_str().unwrap_or_default().to_owned();
    let mut line = format!("{} {}", text("method"), text("path"));
    if !text("query").is_empty() {
        line = format!("{line}?{}", text("query"));
    }
    for header in request["headers"].as_array().into_iter().flatten() {
        if let (Some(name), Some(value)) = (header[0].as_str(), header[1].as_str())
            && headers.iter().any(|wanted| wanted == name)
        {
            line = format!("{line} {name}: {value}");
        }
    }
    line
}
