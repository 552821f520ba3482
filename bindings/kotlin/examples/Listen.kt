package examples

import com.ravihq.aod.AodClient
import com.ravihq.aod.AodException
import com.ravihq.aod.ConnectionState
import com.ravihq.aod.EventListener
import com.ravihq.aod.Runtime
import com.ravihq.aod.SessionFormatter
import com.ravihq.aod.StreamEvent
import kotlinx.coroutines.runBlocking

/** Receives the events of a session in callbacks, with the state of the connection. */
fun main(): Unit = runBlocking {
    AodClient.fromEnv().use { client ->
        val agent = client.agents.create("listen", "claude-sonnet-4-6", runtime = Runtime.Claude)
        val session = client.sessions.create(agent.id, "Fix the failing test")
        SessionFormatter().use { formatter ->
            val subscription = client.sessions.listen(session.id, PrintingListener(formatter))
            // subscription.cancel() would end the stream, not the session.
            subscription.join()
        }
    }
}

/** The methods are called one after another, on a thread of the library. */
private class PrintingListener(private val formatter: SessionFormatter) : EventListener {
    override fun onEvents(events: List<StreamEvent>, cursor: Long?) {
        events.forEach { event -> formatter.consume(event).forEach(::println) }
    }

    override fun onClosed() {
        formatter.flush().forEach(::println)
    }

    override fun onError(error: AodException) {
        System.err.println(error.message)
    }

    override fun onState(state: ConnectionState) {
        if (state is ConnectionState.Resuming) println("reconnecting, attempt ${state.attempt}")
    }
}
