package com.ravihq.aod

import java.io.File
import java.net.HttpURLConnection
import java.net.URI
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.int

/** The generations of servers that the development server imitates, by their date. */
object Generation {
    const val V2026_04_21 = "s0"
    const val V2026_04_30 = "s1"
    const val V2026_06_25 = "s2"
}

/** Starts a development server, which stops when it is closed or this process ends. */
class DevServer(generation: String = Generation.V2026_04_21, val token: String = "aod_dev") : AutoCloseable {
    private val process = ProcessBuilder(binary(), "--generation", generation, "--token", token, "--exit-with-stdin")
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start()

    val url: String = checkNotNull(process.inputReader().readLine()) { "the server ended before it printed its URL" }

    /**
     * Creates a client of the server. It does not validate requests, so that the responses of the server are tested.
     */
    fun client(): AodClient = AodClient(url, token, validateRequests = false)

    /** Calls the control interface under `/__dev/`; fails unless it responds with 200 within [TIMEOUT_MILLIS]. */
    fun control(method: String, path: String, body: String = "{}"): JsonElement {
        val request = URI("$url/__dev/$path").toURL().openConnection() as HttpURLConnection
        request.requestMethod = method
        request.readTimeout = TIMEOUT_MILLIS
        request.setRequestProperty("Content-Type", "application/json")
        // A reused connection may belong to an earlier server on the same port.
        request.setRequestProperty("Connection", "close")
        if (method != "GET") {
            request.doOutput = true
            request.outputStream.use { it.write(body.toByteArray()) }
        }
        val status = request.responseCode
        val answer = (request.errorStream ?: request.inputStream).use { it.reader().readText() }
        check(status == 200) { "$method $path: $status $answer" }
        return Json.parseToJsonElement(answer)
    }

    /** Sets the script of the following sessions, as JSON steps. */
    fun script(vararg steps: String) {
        control("POST", "script", """{"script": {"steps": [${steps.joinToString()}]}}""")
    }

    /** Injects a fault into the next requests. */
    fun fault(method: String, path: String, effect: String, times: Int = 1) {
        control("POST", "fault", """{"method": "$method", "path": "$path", "times": $times, "effect": $effect}""")
    }

    /** Lets scripts pass a step that holds. */
    fun release(hold: String) {
        control("POST", "release", """{"name": "$hold"}""")
    }

    /** Accepts a token, or from now on rejects it as expired. */
    fun setToken(token: String, isExpired: Boolean = false) {
        control("POST", "key", """{"token": "$token", "expired": $isExpired}""")
    }

    /** Waits until [count] event streams are open. */
    fun awaitStreams(count: Int) {
        control("POST", "wait", """{"streams": $count}""")
    }

    /** Waits until [count] connections are open, including that of this request. */
    fun awaitConnections(count: Int) {
        control("POST", "wait", """{"connections": $count}""")
    }

    /** Waits until the server has received at least [count] API requests. */
    fun awaitRequests(count: Int) {
        control("POST", "wait", """{"requests": $count}""")
    }

    fun stat(name: String): Int = control("GET", "stats").jsonObject.getValue(name).jsonPrimitive.int

    /** Returns the API requests so far. */
    fun requests(): List<JsonObject> =
        control("GET", "requests").jsonObject.getValue("data").jsonArray.map { it.jsonObject }

    override fun close() {
        process.outputStream.close()
        process.waitFor()
    }

    private companion object {
        /** Less than the 90 s after which a client closes its idle connections: leaked ones stay open for longer. */
        const val TIMEOUT_MILLIS = 60_000

        fun binary(): String = System.getenv("AOD_DEVSERVER")
            ?: File("../..").resolve(System.getenv("CARGO_TARGET_DIR") ?: "target").resolve("debug/aod-devserver")
                .also { check(it.exists()) { "build aod-devserver first" } }.path
    }
}

/** Creates an agent and a session; servers since 2026-04-30 have model names with the provider. */
suspend fun AodClient.start(
    prompt: String = "hi",
    model: String = "claude-sonnet-4-6",
    runtime: Runtime = Runtime.Claude,
): SessionAck {
    val agent = agents.create("a", model, runtime = runtime)
    return sessions.create(agent.id, prompt)
}
