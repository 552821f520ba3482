import com.ravihq.aod.AodClient;
import com.ravihq.aod.AodException;
import com.ravihq.aod.EventListener;
import com.ravihq.aod.FutureClient;
import com.ravihq.aod.StreamEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionException;

/** Uses the jar or the AAR: a call, an error and a stream of its native core. */
public class UseJar {
    public static void main(String[] arguments) {
        try (var client = new AodClient(System.getenv("AOD_API_URL"), System.getenv("AOD_API_TOKEN"))) {
            var calls = new FutureClient(client);
            calls.health().join();
            try {
                calls.getAgents().get(new UUID(0, 2)).join();
                throw new AssertionError("a 404 is an error");
            } catch (CompletionException error) {
                if (!(error.getCause() instanceof AodException.NotFound)) {
                    throw error;
                }
            }
            List<String> received = new ArrayList<>();
            client.getSessions().listen(UUID.fromString(System.getenv("AOD_SESSION")), new EventListener() {
                @Override
                public void onEvents(List<StreamEvent> events, Long cursor) {
                    events.forEach(event -> received.add(event.getClass().getSimpleName()));
                }

                @Override
                public void onError(AodException error) {
                    received.add(error.getMessage());
                }
            }).whenFinished().join();
            if (!received.equals(List.of("Output", "Exit"))) {
                throw new AssertionError(received.toString());
            }
        }
        System.out.printf("the package works on %s, %s%n", System.getProperty("os.name"), System.getProperty("os.arch"));
    }
}
