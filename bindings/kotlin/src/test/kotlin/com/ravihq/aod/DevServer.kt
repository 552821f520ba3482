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

/** A development server of its own, which ends when it is closed or this process dies. */
class DevServer(generation: String = "s0", val token: String = "aod_dev") : AutoCloseable {
    private val process = ProcessBuilder(binary(), "--generation", generation, "--token", token, "--exit-with-stdin")
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start()

    val url: String = checkNotNull(process.inputReader().readLine()) { "the server ended before it served" }

    /** A client of it. Requests are not checked before they are sent: the server's own answers are tested. */
    fun client(): AodClient = AodClient(url, token, validateRequests = false)

    /** A call of the control interface under `/__dev/`; anything but 200 fails. */
    fun control(method: String, path: String, body: String = "{}"): JsonElement {
        val request = URI("$url/__dev/$path").toURL().openConnection() as HttpURLConnection
        request.requestMethod = method
        request.setRequestProperty("Content-Type", "application/json")
        // One of its own each: one that was kept may be of an earlier server on the same port.
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

    /** The script that sessions play from here on, as JSON steps. */
    fun script(vararg steps: String) {
        control("POST", "script", """{"script": {"steps": [${steps.joinToString()}]}}""")
    }

    /** What goes wrong with the next requests. */
    fun fault(method: String, path: String, effect: String, times: Int = 1) {
        control("POST", "fault", """{"method": "$method", "path": "$path", "times": $times, "effect": $effect}""")
    }

    /** Waits until so many event streams are open. */
    fun awaitStreams(count: Int) {
        control("POST", "wait", """{"streams": $count}""")
    }

    /** Waits until so many connections are open, that of the question itself among them. */
    fun awaitConnections(count: Int) {
        control("POST", "wait", """{"connections": $count}""")
    }

    /** Waits until at least so many API requests have come. */
    fun awaitRequests(count: Int) {
        control("POST", "wait", """{"requests": $count}""")
    }

    fun stat(name: String): Int = control("GET", "stats").jsonObject.getValue(name).jsonPrimitive.int

    /** The API requests so far. */
    fun requests(): List<JsonObject> =
        control("GET", "requests").jsonObject.getValue("data").jsonArray.map { it.jsonObject }

    override fun close() {
        process.outputStream.close()
        process.waitFor()
    }

    private companion object {
        fun binary(): String = System.getenv("AOD_DEVSERVER")
            ?: File("../..").resolve(System.getenv("CARGO_TARGET_DIR") ?: "target").resolve("debug/aod-devserver")
                .also { check(it.exists()) { "build aod-devserver first" } }.path
    }
}

/** An agent and a session of it; S1 servers spell their models with the provider. */
suspend fun AodClient.start(
    prompt: String = "hi",
    model: String = "claude-sonnet-4-6",
    runtime: Runtime = Runtime.Claude,
): SessionAck {
    val agent = agents.create("a", model, runtime = runtime)
    return sessions.create(agent.id, prompt)
}
