package examples;

import com.ravihq.aod.AodClient;
import com.ravihq.aod.CreateAgent;
import com.ravihq.aod.CreateSession;
import com.ravihq.aod.FutureClient;
import com.ravihq.aod.RunResult;
import com.ravihq.aod.Runtime;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Runs an agent on two tasks at once, with futures. */
public final class JavaFutures {
    private JavaFutures() {}

    public static void main(String[] arguments) {
        try (var client = AodClient.fromEnv()) {
            var calls = new FutureClient(client);
            var agent = calls.getAgents()
                    .create(new CreateAgent("java-futures", "claude-sonnet-4-6", Runtime.Claude.INSTANCE));

            CompletableFuture<RunResult> fix = agent.thenCompose(
                    created -> calls.getSessions().run(new CreateSession(created.getId(), "Fix the failing test")));
            CompletableFuture<RunResult> document = agent.thenCompose(
                    created -> calls.getSessions().run(new CreateSession(created.getId(), "Document the API")));

            System.out.println("fix: exit code " + fix.join().getSession().getExitCode());
            System.out.println("document: exit code " + document.join().getSession().getExitCode());
        } catch (CompletionException failure) {
            // The cause is the AodException of the call.
            System.err.println(failure.getCause().getMessage());
            System.exit(1);
        }
    }
}
