package com.ravihq.aod;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** The client as a caller in Java sees it. */
class JavaCallersTest {
    @Test
    void everyCallHasItsFuture() {
        try (var server = new DevServer("s0", "aod_dev");
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
    void aListenerIsToldOfEveryEventAndOfTheEnd() {
        try (var server = new DevServer("s0", "aod_dev");
                var client = new AodClient(server.getUrl(), server.getToken())) {
            var calls = new FutureClient(client);
            var request = new CreateAgent("reviewer", "claude-sonnet-4-6", Runtime.Claude.INSTANCE);
            var agent = calls.getAgents().create(request).join();
            var session = calls.getSessions().create(new CreateSession(agent.getId(), "hi")).join();
            var ended = new CompletableFuture<Void>();
            var events = new ArrayList<StreamEvent>();
            client.getSessions().listen(session.getId(), new EventListener() {
                @Override
                public void onEvents(List<? extends StreamEvent> batch) {
                    events.addAll(batch);
                }

                @Override
                public void onClosed() {
                    ended.complete(null);
                }

                @Override
                public void onFailed(AodException failure) {
                    ended.completeExceptionally(failure);
                }
            });
            ended.join();
            assertInstanceOf(StreamEvent.Start.class, events.get(0));
            assertInstanceOf(StreamEvent.Exit.class, events.get(events.size() - 1));
        }
    }
}
