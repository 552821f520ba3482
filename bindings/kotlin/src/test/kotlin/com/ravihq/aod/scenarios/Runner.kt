package com.ravihq.aod.scenarios

import com.ravihq.aod.AodClient
import com.ravihq.aod.AodException
import com.ravihq.aod.DevServer
import com.ravihq.aod.EventListener
import com.ravihq.aod.EventStream
import com.ravihq.aod.Formatter
import com.ravihq.aod.StreamEvent
import com.ravihq.aod.StreamOptions
import com.ravihq.aod.Subscription
import com.ravihq.aod.Transcript as SessionTranscript
import java.time.Duration
import java.util.UUID
import java.util.concurrent.CompletableFuture
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.longOrNull

/** Runs the steps of a scenario, and records their results in a transcript. */
class Runner private constructor(private val server: DevServer, private val secrets: List<String>) {
    private val client = server.client()
    private val saved = Saved()
    private val readers = mutableMapOf<String, Reader>()
    private val transcript = Transcript()
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    private suspend fun step(json: JsonObject) {
        val step = Fields(saved.resolve(json).jsonObject)
        when {
            "control" in step -> control(step)
            "call" in step -> call(step)
            "open" in step -> open(step)
            "read" in step -> read(step)
            "cancel" in step -> reader(step.finish(step.require("cancel")), step).cancel()
            "listen" in step -> listen(step)
            "pretty" in step -> pretty(step)
            "transcript" in step -> transcript(step)
            "requests" in step -> requests(step)
            "network" in step -> network(step)
            else -> error("unknown step: $json")
        }
    }

    private suspend fun control(step: Fields): JsonElement {
        val call = step.finish(checkNotNull(step.list("control")))
        val (method, path) = call.take(2).map { it.jsonPrimitive.content }
        return withContext(Dispatchers.IO) { server.control(method, path, call.getOrElse(2) { "{}" }.toString()) }
    }

    private fun network(step: Fields) {
        when (val report = step.finish(step.require("network"))) {
            "offline" -> client.network.offline()
            "online" -> client.network.online()
            "changed" -> client.network.changed()
            "suspend" -> client.suspend()
            "resume" -> client.resume()
            else -> error("unknown report: $report")
        }
    }

    /** Runs the steps during another one; `cancel` applies to the stream that is being read. */
    private suspend fun meanwhile(steps: List<JsonElement>, reading: Reader? = null) {
        for (json in steps) {
            val step = Fields(json.jsonObject)
            when {
                "control" in step -> control(step)
                "network" in step -> network(step)
                "cancel" in step && reading != null && reading === readers[step.require("cancel")] -> reading.cancel()
                else -> error("meanwhile supports only control, network and cancel")
            }
        }
    }

    private fun client(json: JsonObject?): AodClient {
        val options = Fields(json ?: JsonObject(emptyMap()))
        val token = options.text("token")
        val base = if (token == null) client else AodClient(server.url, token, validateRequests = false)
        return options.finish(
            base.withOptions(
                timeout = options.number("timeout_ms")?.let(Duration::ofMillis),
                streamIdleTimeout = options.number("stream_idle_timeout_ms")?.let(Duration::ofMillis),
                maxRetries = options.number("max_retries")?.toInt(),
                headers = options.textMap("headers").orEmpty(),
            ),
        )
    }

    private suspend fun call(step: Fields) {
        val operation = step.require("call")
        val with = Fields(step.fields("with") ?: JsonObject(emptyMap()))
        val client = client(step.fields("options"))
        val save = step.text("save")
        val meanwhileSteps = step.finish(step.list("meanwhile")).orEmpty()
        val answer = coroutineScope {
            launch { meanwhile(meanwhileSteps) }
            try {
                Result.success(checkedJson(call(client, operation, with)))
            } catch (failure: AodException) {
                Result.failure(failure)
            }
        }
        answer.onSuccess {
            saved.save(save, it)
            transcript.write("call" to JsonPrimitive(operation), "result" to it)
        }.onFailure {
            transcript.write("call" to JsonPrimitive(operation), "error" to checkedJson(it as AodException))
        }
    }

    private fun open(step: Fields) {
        val name = step.require("open")
        val options = StreamOptions(
            since = step.number("since"),
            reconnect = step.boolean("reconnect") ?: true,
            maxAttempts = step.number("max_attempts")?.toInt(),
            deadline = step.number("deadline_ms")?.let(Duration::ofMillis),
            resumeStale = step.boolean("resume_stale") ?: false,
        )
        val client = client(step.fields("options"))
        readers[name] = Reader(scope, client.sessions.stream(step.finish(step.id()), options))
    }

    private fun reader(name: String, step: Fields): Reader =
        step.finish(checkNotNull(readers[name]) { "stream $name is not open" })

    private suspend fun read(step: Fields) {
        val name = step.require("read")
        val (until, pretty, save) = Triple(step.json("until"), step.text("pretty"), step.text("save"))
        val asTranscript = step.json("transcript")?.jsonPrimitive?.boolean ?: false
        val meanwhileSteps = step.list("meanwhile").orEmpty()
        val reader = reader(name, step)
        val events = coroutineScope {
            val taken = async { reader.take(until?.jsonPrimitive) }
            launch {
                reader.started.await()
                meanwhile(meanwhileSteps, reader)
            }
            taken.await()
        }
        if (asTranscript) {
            SessionTranscript().use {
                events.forEach { event -> it.apply(event) }
                transcript.write("transcript" to toJson(it))
            }
        } else if (pretty == null) {
            write(events)
        } else {
            Formatter.of(pretty).use { formatter ->
                (events.flatMap(formatter::consume) + formatter.flush())
                    .forEach { transcript.write("line" to JsonPrimitive(it)) }
            }
        }
        val cursor = JsonPrimitive(reader.stream.cursor)
        saved.save(save, JsonObject(mapOf("cursor" to cursor)))
        transcript.write(
            "read" to JsonPrimitive(name),
            "cursor" to cursor,
            "ended" to if (reader.hasEnded) JsonPrimitive(true) else null,
            "error" to reader.takeFailure()?.let(::checkedJson),
        )
    }

    private suspend fun listen(step: Fields) {
        val id = UUID.fromString(step.require("listen"))
        val (since, cancelAfter) = step.number("since") to step.number("cancel_after")
        val client = client(step.fields("options"))
        val meanwhileSteps = step.finish(step.list("meanwhile")).orEmpty()
        val subscribed = CompletableFuture<Subscription>()
        val recorder = Recorder { count -> if (count == cancelAfter?.toInt()) subscribed.join().cancel() }
        val subscription = client.sessions.listen(id, recorder, StreamOptions(since = since))
        subscribed.complete(subscription)
        coroutineScope {
            launch { meanwhile(meanwhileSteps) }
            subscription.join()
        }
        write(recorder.events)
        val end = recorder.ends.single()
        if (end is AodException) {
            transcript.write("listen" to JsonPrimitive("failed"), "error" to checkedJson(end))
        } else {
            transcript.write("listen" to JsonPrimitive("closed"))
        }
    }

    private fun pretty(step: Fields) {
        val runtime = step.require("pretty")
        val feed = step.finish(step.textList("feed")).orEmpty()
        Formatter.of(runtime).use { formatter ->
            val lines = feed.flatMap(formatter::feed) + formatter.flush()
            transcript.write("pretty" to JsonPrimitive(runtime), "lines" to toJson(lines))
        }
    }

    private fun transcript(step: Fields) {
        val runtime = step.require("transcript")
        val feed = step.finish(step.textList("feed")).orEmpty()
        SessionTranscript(runtime).use {
            feed.forEach { chunk -> it.feed(chunk) }
            it.finish()
            transcript.write("runtime" to JsonPrimitive(runtime), "transcript" to toJson(it))
        }
    }

    /** Serializes a transcript, from its records. */
    private fun toJson(transcript: SessionTranscript): JsonElement = JsonObject(
        mapOf(
            "agent" to toJson(transcript.agent),
            "turns" to toJson(transcript.turns),
            "usage" to toJson(transcript.usage),
            "cursor" to JsonPrimitive(transcript.cursor),
        ),
    )

    private fun requests(step: Fields) {
        val headers = step.finish(step.textList("requests")).orEmpty()
        val lines = server.requests().map { request ->
            fun text(name: String) = request.getValue(name).jsonPrimitive.content
            val query = text("query").let { if (it.isEmpty()) "" else "?$it" }
            val sent = request.getValue("headers").jsonArray
                .map { header -> header.jsonArray.map { it.jsonPrimitive.content } }
                .filter { (name) -> name in headers }
                .joinToString("") { (name, value) -> " $name: $value" }
            "${text("method")} ${text("path")}$query$sent"
        }
        server.control("DELETE", "requests")
        transcript.write("requests" to toJson(lines))
    }

    private fun write(events: List<StreamEvent>): Unit = events.forEach { transcript.write("event" to checkedJson(it)) }

    /** Returns a result as JSON, after checking its text for secrets. */
    private fun checkedJson(result: Any?): JsonElement {
        checkNoSecrets("the text of a result", result.toString())
        return toJson(result)
    }

    private fun checkedJson(failure: AodException): JsonElement {
        checkNoSecrets("an error", failure.stackTraceToString())
        checkNoSecrets("the detail of an error", failure.detail.toString())
        return toJson(failure)
    }

    private fun checkNoSecrets(place: String, text: String) {
        check(secrets.none { it in text }) { "$place contains a secret" }
    }

    companion object {
        /** Runs a scenario on a new server, and returns the transcript. */
        suspend fun run(scenario: JsonObject): String {
            val fields = Fields(scenario)
            fields.require("about")
            val secrets = fields.textList("secrets").orEmpty()
            fields.list("transcript")
            return DevServer(fields.require("generation")).use { server ->
                val runner = Runner(server, secrets)
                try {
                    fields.finish(checkNotNull(fields.list("steps"))).forEachIndexed { number, step ->
                        try {
                            runner.step(step.jsonObject)
                        } catch (error: IllegalStateException) {
                            throw IllegalStateException("step ${number + 1}: ${error.message}", error)
                        }
                    }
                    runner.transcript.text(server.url).also { runner.checkNoSecrets("the transcript", it) }
                } finally {
                    runner.scope.cancel()
                    runner.client.close()
                }
            }
        }
    }
}

/** Reads a stream on demand: the collector continues only when the next event is requested. */
private class Reader(private val scope: CoroutineScope, val stream: EventStream) {
    private val events = Channel<StreamEvent>()
    private val requested = Channel<Unit>(Channel.UNLIMITED)
    private var job: Job? = null
    private var failure: AodException? = null

    /** Completes when the first read starts. */
    val started = CompletableDeferred<Unit>()

    var hasEnded = false
        private set

    fun takeFailure(): AodException? = failure.also { failure = null }

    fun cancel() {
        checkNotNull(job) { "the stream is not connected" }.cancel()
    }

    /** Reads a number of events, or up to and including the first of a type, or to the end. */
    suspend fun take(until: JsonPrimitive?): List<StreamEvent> {
        val taken = mutableListOf<StreamEvent>()
        while (true) {
            taken += next() ?: return taken
            if (until == null) continue
            if (until.isString && typeOf(taken.last()) == until.content) return taken
            if (until.longOrNull == taken.size.toLong()) return taken
        }
    }

    private suspend fun next(): StreamEvent? {
        if (job == null) job = scope.launch { collect() } else requested.trySend(Unit)
        started.complete(Unit)
        return events.receiveCatching().getOrNull()
    }

    private suspend fun collect() {
        try {
            stream.collect {
                events.send(it)
                requested.receive()
            }
            hasEnded = true
        } catch (cancelled: kotlinx.coroutines.CancellationException) {
            hasEnded = true
            throw cancelled
        } catch (thrown: AodException) {
            failure = thrown
        } finally {
            events.close()
        }
    }
}

private class Recorder(private val onCount: (Int) -> Unit) : EventListener {
    val events = mutableListOf<StreamEvent>()
    val ends = mutableListOf<Any>()

    override fun onEvents(events: List<StreamEvent>, cursor: Long?) {
        for (event in events) {
            this.events += event
            onCount(this.events.size)
        }
    }

    override fun onClosed() {
        ends += "closed"
    }

    override fun onError(error: AodException) {
        ends += error
    }
}
