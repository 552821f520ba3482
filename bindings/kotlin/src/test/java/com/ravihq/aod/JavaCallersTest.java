package com.ravihq.aod;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import kotlinx.serialization.json.JsonObject;
import org.junit.jupiter.api.Test;

/** Tests the client as called from Java. */
class JavaCallersTest {
    @Test
    void callsReturnFutures() {
        try (var server = new DevServer(Generation.V2026_04_21, "aod_dev");
                var client = new AodClient(server.getUrl(), server.getToken())) {
            var calls = new FutureClient(client);
            var request = new CreateAgent("reviewer", "claude-sonnet-4-6", Runtime.Claude.INSTANCE);
            var agent = calls.getAgents().create(request).join();
            assertEquals("reviewer", agent.getName());
            assertEquals(List.of(agent), calls.getAgents().list().join());
            var run = calls.getSessions().run(new CreateSession(agent.getId(), "hi")).join();
            assertEquals(SessionStatus.Completed.INSTANCE, run.getSession().getStatus());
            calls.getSessions().delete(run.getSession().getId()).join();
            var failure = assertThrows(
                    CompletionException.class,
                    () -> calls.getSessions().get(run.getSession().getId()).join());
            assertInstanceOf(AodException.NotFound.class, failure.getCause());
        }
    }

    @Test
    void aListenerReceivesEveryEventAndTheEnd() {
        try (var server = new DevServer(Generation.V2026_04_21, "aod_dev");
                var client = new AodClient(server.getUrl(), server.getToken())) {
            var calls = new FutureClient(client);
            var request = new CreateAgent("reviewer", "claude-sonnet-4-6", Runtime.Claude.INSTANCE);
            var agent = calls.getAgents().create(request).join();
            var session = calls.getSessions().create(new CreateSession(agent.getId(), "hi")).join();
            var ended = new CompletableFuture<Void>();
            var events = new ArrayList<StreamEvent>();
            client.getSessions().listen(session.getId(), new EventListener() {
                @Override
                public void onEvents(List<StreamEvent> batch, Long cursor) {
                    events.addAll(batch);
                }

                @Override
                public void onClosed() {
                    ended.complete(null);
                }

                @Override
                public void onError(AodException error) {
                    ended.completeExceptionally(error);
                }
            });
            ended.join();
            assertInstanceOf(StreamEvent.Start.class, events.get(0));
            assertInstanceOf(StreamEvent.Exit.class, events.get(events.size() - 1));
        }
    }

    @Test
    void whenFinishedWaitsForASubscription() {
        try (var server = new DevServer(Generation.V2026_04_21, "aod_dev");
                var client = new AodClient(server.getUrl(), server.getToken())) {
            var calls = new FutureClient(client);
            var request = new CreateAgent("reviewer", "claude-sonnet-4-6", Runtime.Claude.INSTANCE);
            var agent = calls.getAgents().create(request).join();
            var session = calls.getSessions().create(new CreateSession(agent.getId(), "hi")).join();
            var events = new ArrayList<StreamEvent>();
            var subscription = client.getSessions().listen(session.getId(), new EventListener() {
                @Override
                public void onEvents(List<StreamEvent> batch, Long cursor) {
                    events.addAll(batch);
                }

                @Override
                public void onError(AodException error) {
                    throw error;
                }
            });
            subscription.whenFinished().join();
            assertTrue(subscription.isFinished());
            assertTrue(StreamEvents.isTerminal(events.get(events.size() - 1)));
            assertEquals(0, StreamEvents.getExitCode(events.get(events.size() - 1)));
            assertNull(StreamEvents.getText(events.get(0)));
        }
    }

    @Test
    void tokensComeFromAFuture() {
        try (var server = new DevServer(Generation.V2026_04_21, "aod_dev")) {
            var rejected = new ArrayList<Secret>();
            var provider = TokenProvider.of(token -> {
                rejected.add(token);
                return CompletableFuture.supplyAsync(() -> rejected.size() == 1 ? "aod_expired" : server.getToken());
            });
            try (var client = new AodClient(server.getUrl(), provider)) {
                assertEquals(List.of(), new FutureClient(client).getAgents().list().join());
            }
            assertEquals(Arrays.asList(null, new Secret("aod_expired")), rejected);
        }
    }

    @Test
    void aFailedFutureIsTheCauseOfTheException() {
        var provider = TokenProvider.of(token -> CompletableFuture.failedFuture(new IllegalStateException("hunter2")));
        try (var client = new AodClient("http://localhost:1", provider)) {
            var calls = new FutureClient(client);
            var failure = assertThrows(CompletionException.class, () -> calls.getAgents().list().join());
            var auth = assertInstanceOf(AodException.Auth.class, failure.getCause());
            assertFalse(auth.toString().contains("hunter2"), auth.toString());
            Throwable cause = auth;
            while (cause.getCause() != null) cause = cause.getCause();
            assertEquals("java.lang.IllegalStateException: hunter2", cause.toString());
        }
    }

    @Test
    void reportsAboutTheNetworkAreMethods() {
        try (var client = new AodClient("http://localhost:1", "x")) {
            client.getNetwork().offline();
            assertFalse(client.getNetwork().isAvailable());
            client.getNetwork().online();
            client.getNetwork().changed();
            client.suspend();
            assertFalse(client.getNetwork().isAvailable());
            client.resume();
            assertTrue(client.getNetwork().isAvailable());
        }
    }

    @Test
    void exceptionsAreUnchecked() {
        try (var client = new AodClient("ftp://localhost", "x")) {
            fail(client.toString());
        } catch (AodException.Configuration failure) {
            assertEquals(ErrorKind.CONFIGURATION, failure.getKind());
        }
        var client = new AodClient("http://localhost:1", "x");
        client.close();
        try (var derived = client.withOptions()) {
            fail(derived.toString());
        } catch (AodException.Closed failure) {
            assertEquals(ErrorKind.CLOSED, failure.getKind());
        }
        try (var formatter = new GenericFormatter()) {
            assertEquals(List.of("one"), formatter.feed("one\n"));
        } catch (AodException failure) {
            fail(failure);
        }
    }

    @Test
    void requestsAreBuiltFromJava() {
        assertEquals(
                new Skill.Github(new GithubSkill("acme/skills", "All")),
                Requests.github(Skill.Companion, "acme/skills", "All"));
        assertEquals(
                new Skill.Inline(new InlineSkill("tone", "How to word it", "Be exact.")),
                Requests.inline(Skill.Companion, "tone", "How to word it", "Be exact."));
        var server = new McpServer.Url(
                new UrlMcpServer("issues", "https://mcp.example.com", Secrets.of(Map.of("Authorization", "hunter2"))));
        assertEquals("issues", Models.getName(server));
        assertEquals("hunter2", server.getServer().getHeaders().get("Authorization").expose());
        assertEquals(
                new McpServer.Stdio(new StdioMcpServer("files", "mcp-files")),
                Requests.stdio(McpServer.Companion, "files", "mcp-files"));
        var networking = new Networking(NetworkingType.Limited.INSTANCE, List.of("github.com"));
        assertEquals(networking, Requests.limited(Networking.Companion, "github.com"));
        assertEquals("limited", OpenEnums.getValue(networking.getNetworkingType()));
        assertEquals(new Runtime.Unknown("novel"), OpenEnums.of(Runtime.Companion, "novel"));
        assertEquals(4, new RetryPolicy(4).getMaxRetries());
        assertThrows(IllegalArgumentException.class, () -> new RetryPolicy(-1));
    }

    /** A custom formatter in Java. */
    private static class LineNumberFormatter implements Formatter {
        private int lines;

        @Override
        public List<String> feed(String chunk) {
            return chunk.lines().map(line -> ++lines + " " + line).collect(Collectors.toList());
        }

        @Override
        public List<String> flush() {
            return List.of();
        }
    }

    @Test
    void formattersAreBuiltWithOptionsAndImplemented() {
        var options = new FormatterOptions.Builder()
                .plain(true)
                .width(20)
                .color(FormatterColor.OFF)
                .showThinking(false)
                .showToolResults(true)
                .showFailures(true)
                .raw(false)
                .maxLine(1000)
                .build();
        assertEquals(new FormatterOptions(true, 20, FormatterColor.OFF, false, true, true, false, 1000), options);
        assertEquals(new FormatterOptions(), new FormatterOptions.Builder().build());
        assertThrows(IllegalArgumentException.class, () -> new FormatterOptions.Builder().width(-1).build());
        var message = "{\"type\":\"message\",\"role\":\"assistant\",\"content\":\"Hello\"}\n";
        try (var formatter = Formatter.of("gemini", options)) {
            assertEquals(List.of(), formatter.feed(message));
            assertEquals(List.of("> Hello"), formatter.flush());
        }
        try (var formatter = new GeminiFormatter()) {
            assertEquals(List.of(), formatter.feed(message));
            assertEquals(List.of("✉️  Hello"), formatter.flush());
        }
        try (var formatter = new LineNumberFormatter()) {
            var output = new StreamEvent.Output(1L, OutputChannel.Stdout.INSTANCE, "a\nb\n", 1L, new JsonObject(Map.of()));
            assertEquals(List.of("1 a", "2 b"), formatter.consume(output));
        }
    }

    @Test
    void aListenerRendersLines() {
        try (var server = new DevServer(Generation.V2026_04_21, "aod_dev");
                var client = new AodClient(server.getUrl(), server.getToken());
                var formatter = new SessionFormatter()) {
            var calls = new FutureClient(client);
            var request = new CreateAgent("reviewer", "claude-sonnet-4-6", Runtime.Claude.INSTANCE);
            var agent = calls.getAgents().create(request).join();
            var session = calls.getSessions().create(new CreateSession(agent.getId(), "hi")).join();
            var rendered = new CompletableFuture<List<String>>();
            var lines = new ArrayList<String>();
            client.getSessions().listen(session.getId(), new EventListener() {
                @Override
                public void onEvents(List<StreamEvent> batch, Long cursor) {
                    batch.forEach(event -> lines.addAll(formatter.consume(event)));
                }

                @Override
                public void onClosed() {
                    lines.addAll(formatter.flush());
                    rendered.complete(lines);
                }

                @Override
                public void onError(AodException error) {
                    rendered.completeExceptionally(error);
                }
            });
            assertTrue(rendered.join().get(0).startsWith("⚙️  Session init"), lines.toString());
            assertTrue(lines.get(lines.size() - 1).startsWith("✨ Done"), lines.toString());
        }
    }
}
