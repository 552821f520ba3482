package com.ravihq.aod

import java.io.File
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
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
        val request = HttpRequest.newBuilder(URI("$url/__dev/$path"))
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .header("Content-Type", "application/json")
            .build()
        val answer = CONTROL.send(request, HttpResponse.BodyHandlers.ofString())
        check(answer.statusCode() == 200) { "$method $path: ${answer.statusCode()} ${answer.body()}" }
        return Json.parseToJsonElement(answer.body())
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

    fun stat(name: String): Int = control("GET", "stats").jsonObject.getValue(name).jsonPrimitive.int

    /** The API requests so far. */
    fun requests(): List<JsonObject> =
        control("GET", "requests").jsonObject.getValue("data").jsonArray.map { it.jsonObject }

    override fun close() {
        process.outputStream.close()
        process.waitFor()
    }

    private companion object {
        val CONTROL: HttpClient = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()

        fun binary(): String = System.getenv("AOD_DEVSERVER")
            ?: File("../../target/debug/aod-devserver").also { check(it.exists()) { "build aod-devserver first" } }.path
    }
}

/** An agent and a session of it; S1 servers spell their models with the provider. */
suspend fun AodClient.start(prompt: String = "hi", model: String = "claude-sonnet-4-6"): SessionAck {
    val agent = agents.create("a", model, runtime = Runtime.Claude)
    return sessions.create(agent.id, prompt)
}
