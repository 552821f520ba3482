package com.ravihq.aod;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Tests that each future sends its request, and that futures are independent of each other. */
class FuturesTest {
    /** A server with an agent, an environment and a session that has ended. */
    private static class World implements AutoCloseable {
        final DevServer server = new DevServer(Generation.V2026_06_25, "aod_dev");
        final AodClient client = server.client();
        final FutureClient calls = new FutureClient(client);
        final FutureAgents agents = calls.getAgents();
        final FutureEnvironments environments = calls.getEnvironments();
        final FutureSessions sessions = calls.getSessions();
        final UUID agent = agents.create(newAgent()).join().getId();
        final UUID environment = environments.create(new CreateEnvironment("ci")).join().getId();
        final UUID session = sessions.run(new CreateSession(agent, "hi")).join().getSession().getId();

        static CreateAgent newAgent() {
            return new CreateAgent("a", "claude-sonnet-4-6", null, Provider.Anthropic.INSTANCE);
        }

        /** Returns the first request since the record was cleared, with names instead of ids. */
        String request() {
            var request = server.requests().get(0);
            var text = request.get("method") + " " + request.get("path");
            return text.replace("\"", "")
                    .replace(agent.toString(), "AGENT")
                    .replace(environment.toString(), "ENVIRONMENT")
                    .replace(session.toString(), "SESSION");
        }

        @Override
        public void close() {
            client.close();
            server.close();
        }
    }

    private record Row(String request, Function<World, CompletableFuture<?>> call) {}

    private static Map<String, Row> rows() {
        var rows = new LinkedHashMap<String, Row>();
        rows.put("FutureClient.health", new Row("GET /health", w -> w.calls.health()));

        rows.put("FutureAgents.list", new Row("GET /agents", w -> w.agents.list()));
        rows.put("FutureAgents.create", new Row("POST /agents", w -> w.agents.create(World.newAgent())));
        rows.put("FutureAgents.get", new Row("GET /agents/AGENT", w -> w.agents.get(w.agent)));
        rows.put(
                "FutureAgents.update",
                new Row("PUT /agents/AGENT", w -> w.agents.update(w.agent, new UpdateAgent(1, "b"))));
        rows.put(
                "FutureAgents.updateWith",
                new Row(
                        "GET /agents/AGENT",
                        w -> w.agents.updateWith(w.agent, agent -> new UpdateAgent(agent.getVersion(), "b"))));
        rows.put("FutureAgents.ensure", new Row("GET /agents", w -> w.agents.ensure(World.newAgent())));
        rows.put(
                "FutureAgents.ensureArchived",
                new Row("POST /agents/AGENT/archive", w -> w.agents.ensureArchived(w.agent)));
        rows.put("FutureAgents.archive", new Row("POST /agents/AGENT/archive", w -> w.agents.archive(w.agent)));
        rows.put("FutureAgents.versions", new Row("GET /agents/AGENT/versions", w -> w.agents.versions(w.agent)));

        rows.put("FutureEnvironments.list", new Row("GET /environments", w -> w.environments.list()));
        rows.put(
                "FutureEnvironments.create",
                new Row("POST /environments", w -> w.environments.create(new CreateEnvironment("other"))));
        rows.put(
                "FutureEnvironments.get",
                new Row("GET /environments/ENVIRONMENT", w -> w.environments.get(w.environment)));
        rows.put(
                "FutureEnvironments.update",
                new Row(
                        "PUT /environments/ENVIRONMENT",
                        w -> w.environments.update(w.environment, new UpdateEnvironment(1, "b"))));
        rows.put(
                "FutureEnvironments.updateWith",
                new Row(
                        "GET /environments/ENVIRONMENT",
                        w -> w.environments.updateWith(w.environment, e -> new UpdateEnvironment(1, "b"))));
        rows.put(
                "FutureEnvironments.ensure",
                new Row("GET /environments", w -> w.environments.ensure(new CreateEnvironment("ci"))));
        rows.put(
                "FutureEnvironments.ensureArchived",
                new Row("POST /environments/ENVIRONMENT/archive", w -> w.environments.ensureArchived(w.environment)));
        rows.put(
                "FutureEnvironments.archive",
                new Row("POST /environments/ENVIRONMENT/archive", w -> w.environments.archive(w.environment)));
        rows.put(
                "FutureEnvironments.delete",
                new Row("DELETE /environments/ENVIRONMENT/delete", w -> w.environments.delete(w.environment)));
        rows.put(
                "FutureEnvironments.versions",
                new Row("GET /environments/ENVIRONMENT/versions", w -> w.environments.versions(w.environment)));

        rows.put("FutureSessions.list", new Row("GET /sessions", w -> w.sessions.list()));
        rows.put(
                "FutureSessions.create",
                new Row("POST /sessions", w -> w.sessions.create(new CreateSession(w.agent, "hi"))));
        rows.put("FutureSessions.get", new Row("GET /sessions/SESSION", w -> w.sessions.get(w.session)));
        rows.put(
                "FutureSessions.prompt",
                new Row(
                        "POST /sessions/SESSION/prompt",
                        w -> w.sessions.prompt(w.session, "again", Duration.ofMinutes(1))));
        rows.put("FutureSessions.turns", new Row("GET /sessions/SESSION/turns", w -> w.sessions.turns(w.session)));
        rows.put(
                "FutureSessions.terminate",
                new Row("POST /sessions/SESSION/terminate", w -> w.sessions.terminate(w.session)));
        rows.put(
                "FutureSessions.ensureTerminated",
                new Row("POST /sessions/SESSION/terminate", w -> w.sessions.ensureTerminated(w.session)));
        rows.put(
                "FutureSessions.interrupt",
                new Row("POST /sessions/SESSION/interrupt", FuturesTest::interruptRunning));
        rows.put("FutureSessions.delete", new Row("DELETE /sessions/SESSION/delete", w -> w.sessions.delete(w.session)));
        rows.put(
                "FutureSessions.run",
                new Row("POST /sessions", FuturesTest::runAndKeepTheAcknowledgement));
        rows.put(
                "FutureSessions.ask",
                new Row("POST /sessions/SESSION/prompt", w -> w.sessions.ask(w.session, "and?")));
        rows.put(
                "FutureSessions.follow",
                new Row("GET /sessions/SESSION/stream", FuturesTest::followPrompt));
        rows.put(
                "FutureSessions.waitForCompletion",
                new Row("GET /sessions/SESSION", w -> w.sessions.waitForCompletion(w.session)));
        return rows;
    }

    private static CompletableFuture<?> runAndKeepTheAcknowledgement(World world) {
        var created = new CompletableFuture<SessionAck>();
        var request = new CreateSession(world.agent, "hi");
        return world.sessions.run(request, true, OnAbandon.TERMINATE, created::complete)
                .thenApply(result -> {
                    assertEquals(created.join().getId(), result.getSession().getId());
                    return result;
                });
    }

    private static CompletableFuture<?> followPrompt(World world) {
        var ack = world.sessions.prompt(world.session, "again").join();
        world.server.control("DELETE", "requests", "{}");
        return world.sessions.follow(ack);
    }

    private static CompletableFuture<?> interruptRunning(World world) {
        world.server.script("{\"hold\": \"never\"}");
        world.sessions.prompt(world.session, "again").join();
        world.server.control("POST", "reached", "{\"name\": \"never\"}");
        world.server.control("DELETE", "requests", "{}");
        return world.sessions.interrupt(world.session);
    }

    @TestFactory
    List<DynamicTest> eachFutureSendsItsRequest() {
        var tests = new ArrayList<DynamicTest>();
        rows().forEach((name, row) -> tests.add(DynamicTest.dynamicTest(name, () -> {
            try (var world = new World()) {
                world.server.control("DELETE", "requests", "{}");
                var answer = row.call().apply(world).join();
                assertEquals(row.request(), world.request());
                if (name.endsWith(".delete")) {
                    assertNull(answer);
                } else {
                    assertNotNull(answer);
                }
            }
        })));
        return tests;
    }

    @Test
    void everyFutureIsTested() {
        Set<String> all = new TreeSet<>();
        for (var type : List.of(FutureClient.class, FutureAgents.class, FutureEnvironments.class, FutureSessions.class)) {
            Arrays.stream(type.getDeclaredMethods())
                    .filter(method -> Modifier.isPublic(method.getModifiers()))
                    .filter(method -> !method.isSynthetic() && method.getReturnType() == CompletableFuture.class)
                    .forEach(method -> all.add(type.getSimpleName() + "." + method.getName()));
        }
        assertEquals(all, new TreeSet<>(rows().keySet()));
    }

    @Test
    void runAllReturnsAFutureOfEachRequestInTheirOrder() {
        try (var world = new World()) {
            var requests = List.of(
                    new CreateSession(world.agent, "first"),
                    new CreateSession(UUID.randomUUID(), "second"),
                    new CreateSession(world.agent, "third"));
            var runs = world.sessions.runAll(requests, 1);
            var first = runs.get(0).join().getSession().getId();
            assertEquals("first", world.sessions.turns(first).join().get(0).getPrompt());
            var failure = assertThrows(CompletionException.class, runs.get(1)::join);
            assertInstanceOf(AodException.NotFound.class, failure.getCause());
            var third = runs.get(2).join().getSession().getId();
            assertEquals("third", world.sessions.turns(third).join().get(0).getPrompt());
            assertEquals(3, runs.size());
            assertThrows(IllegalArgumentException.class, () -> world.sessions.runAll(requests, 0));
        }
    }

    @Test
    void aTurnThatIsFollowedIsReported() {
        try (var world = new World()) {
            var reported = new ArrayList<Object>();
            var run = new CreateSession(world.agent, "hi");
            world.sessions
                    .run(run, false, OnAbandon.CONTINUE, reported::add, reported::add, reported::add)
                    .join();
            assertInstanceOf(SessionAck.class, reported.get(0));
            assertStartsAndEnds(reported.subList(1, reported.size()));

            reported.clear();
            world.sessions
                    .ask(world.session, "again", null, false, OnAbandon.CONTINUE, reported::add, reported::add)
                    .join();
            assertStartsAndEnds(reported);

            reported.clear();
            var ack = world.sessions.prompt(world.session, "again").join();
            world.sessions
                    .follow(ack, OnAbandon.CONTINUE, reported::add, reported::add)
                    .join();
            assertStartsAndEnds(reported);
        }
    }

    private static void assertStartsAndEnds(List<Object> reported) {
        assertInstanceOf(StreamEvent.Start.class, reported.get(0));
        assertInstanceOf(TranscriptChange.AgentUpdated.class, reported.get(1));
        assertInstanceOf(StreamEvent.Exit.class, reported.get(reported.size() - 2));
        assertInstanceOf(TranscriptChange.TurnEnded.class, reported.get(reported.size() - 1));
    }

    @Test
    void aRunThatIsCancelledWhileItWaitsIsNotStarted() {
        try (var world = new World()) {
            world.server.script("{\"hold\": \"later\"}");
            var requests = List.of(
                    new CreateSession(world.agent, "first"),
                    new CreateSession(world.agent, "second"),
                    new CreateSession(world.agent, "third"));
            var runs = world.sessions.runAll(requests, 1);
            world.server.control("POST", "reached", "{\"name\": \"later\"}");
            runs.get(1).cancel(true);
            world.server.script("{\"exit\": 0}");
            world.server.control("POST", "release", "{\"name\": \"later\"}");
            assertNotNull(runs.get(0).join());
            assertNotNull(runs.get(2).join());
            // That of the world, the first and the third.
            assertEquals(3, world.sessions.list().join().size());
        }
    }

    @Test
    void anExceptionOfTheFunctionFailsTheUpdate() {
        try (var world = new World()) {
            var update = world.agents.updateWith(world.agent, agent -> {
                throw new UnsupportedOperationException("planted");
            });
            var failure = assertThrows(CompletionException.class, update::join);
            assertInstanceOf(UnsupportedOperationException.class, failure.getCause());
        }
    }

    @Test
    void stagesThatWaitForOtherFuturesDoNotStopThem() throws Exception {
        // More than there are threads without a stage that waits.
        var count = 100;
        try (var world = new World()) {
            var arrived = new CountDownLatch(count);
            var gate = new CompletableFuture<Void>();
            var chains = new ArrayList<CompletableFuture<Agent>>();
            for (int i = 0; i < count; i++) {
                // On a thread of its own, on which a stage of a future that is already complete runs.
                chains.add(CompletableFuture.supplyAsync(
                                () -> world.agents.list().thenApply(agents -> {
                                    arrived.countDown();
                                    gate.join();
                                    return world.agents.get(world.agent).join();
                                }),
                                task -> new Thread(task).start())
                        .thenCompose(chain -> chain));
            }
            try {
                assertTrue(arrived.await(1, TimeUnit.MINUTES), arrived + " stages have not started");
            } finally {
                gate.complete(null);
            }
            for (var chain : chains) {
                assertEquals(world.agent, chain.get(1, TimeUnit.MINUTES).getId());
            }
        }
    }

    @Test
    void aFailedCallDoesNotAffectOthers() {
        try (var world = new World()) {
            world.server.script("{\"hold\": \"later\"}");
            var session = world.sessions.create(new CreateSession(world.agent, "hi")).join();
            var waiting = world.sessions.waitForCompletion(session.getId());
            world.server.control("POST", "reached", "{\"name\": \"later\"}");

            var failing = world.sessions.get(UUID.randomUUID());
            var failure = assertThrows(CompletionException.class, failing::join);
            assertInstanceOf(AodException.NotFound.class, failure.getCause());

            assertNotNull(world.calls.health().join());
            world.server.control("POST", "release", "{\"name\": \"later\"}");
            assertEquals(SessionStatus.Completed.INSTANCE, waiting.join().getStatus());
        }
    }
}
