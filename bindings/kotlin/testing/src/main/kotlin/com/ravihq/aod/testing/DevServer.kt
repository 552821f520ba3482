package com.ravihq.aod.testing

import java.io.IOException
import java.net.HttpURLConnection
import java.net.Proxy
import java.net.URI
import java.time.Duration
import java.util.concurrent.TimeUnit
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject

/**
 * A running `aod-devserver`: an in-memory AoD server on loopback with scripted agents.
 *
 * It stops when it is closed, or when this process ends. The program is that of the jar of this artifact for the
 * platform, such as `linux-x86-64`, unless `AOD_DEVSERVER` names another one; without both, it is looked up on the
 * `PATH`.
 *
 * @param generation The version of the API to serve, by date: `2026-04-21`, `2026-04-30` (the default, which has all
 *   runtimes) or `2026-06-25`.
 * @property token The token that the server accepts.
 * @throws IllegalStateException If the program is not there, or does not start.
 */
public class DevServer @JvmOverloads constructor(
    generation: String = "2026-04-30",
    public val token: String = "aod_dev",
) : AutoCloseable {
    private val process = start(generation, token)

    /** The URL of the server. */
    public val url: String = checkNotNull(process.inputStream.bufferedReader().readLine()) {
        "aod-devserver ended before it printed its URL"
    }

    /**
     * Sets what agents do in the turns of a session, from the next turn on, which plays the first one, also if the
     * session has had turns before. Later turns repeat the last one.
     *
     * @throws IllegalStateException If there is no turn.
     */
    public fun script(vararg turns: Turn): Unit = setScript(turns, emptyMap())

    /** Sets what agents do in turns whose prompt contains a text. */
    public fun scriptForPrompt(prompt: String, vararg turns: Turn): Unit = setScript(turns, mapOf("prompt" to prompt))

    /** Sets what the agent of one session does, by the id of the session. */
    public fun scriptForSession(session: String, vararg turns: Turn): Unit =
        setScript(turns, mapOf("session" to session))

    private fun setScript(turns: Array<out Turn>, limit: Map<String, String>) {
        check(turns.isNotEmpty()) { "a script needs a turn" }
        control("POST", "script", jsonOf(limit + ("script" to mapOf("turns" to turns.map { it.fields }))) as JsonObject)
    }

    /** Removes all scripts except those of single sessions. Sessions play the built-in one again. */
    public fun clearScripts() {
        control("DELETE", "script")
    }

    /**
     * Injects faults into the next matching requests. Several apply to the same request.
     *
     * @throws IllegalStateException If a fault cannot be applied, for example because of its status.
     */
    public fun faults(vararg faults: Fault) {
        faults.forEach { control("POST", "fault", it.json) }
    }

    /** Removes the pending faults. */
    public fun clearFaults() {
        control("DELETE", "fault")
    }

    /** Freezes the clock of the delays, heartbeats and timeouts of the server. */
    public fun freezeClock() {
        control("POST", "clock", mapOf("frozen" to true))
    }

    /** Advances the clock, whether it is frozen or not. */
    public fun advanceClock(by: Duration) {
        control("POST", "clock", mapOf("advance_ms" to by.toMillis()))
    }

    /** Unfreezes the clock at its current time. */
    public fun runClock() {
        control("POST", "clock", mapOf("frozen" to false))
    }

    /** Releases a hold, for waiting and later scripts. */
    public fun release(hold: String) {
        control("POST", "release", mapOf("name" to hold))
    }

    /** Waits until a script waits at a hold, for at most a minute. */
    public fun holdReached(hold: String) {
        control("POST", "reached", mapOf("name" to hold))
    }

    /** Removes all agents, environments, sessions, scripts, faults and holds. The clock does not change. */
    public fun reset() {
        control("POST", "reset")
    }

    /**
     * Calls the control interface of the server, which can do more than the other methods.
     *
     * @param method The HTTP method.
     * @param path The path after `/__dev/`.
     * @param body The fields of the request.
     * @return The response.
     * @throws IllegalStateException If the server rejects the call.
     */
    @JvmOverloads
    public fun control(method: String, path: String, body: Map<String, Any?> = emptyMap()): JsonElement {
        val url = URI("$url/__dev/$path").toURL()
        val request = url.openConnection(Proxy.NO_PROXY) as HttpURLConnection
        request.requestMethod = method
        request.connectTimeout = TIMEOUT_MILLIS
        request.readTimeout = TIMEOUT_MILLIS
        request.setRequestProperty("Content-Type", "application/json")
        // A reused connection may belong to an earlier server on the same port.
        request.setRequestProperty("Connection", "close")
        if (method != "GET") {
            request.doOutput = true
            request.outputStream.use { it.write(jsonOf(body).toString().toByteArray()) }
        }
        val status = request.responseCode
        val answer = (request.errorStream ?: request.inputStream).use { it.reader().readText() }
        check(status == 200) { "$method $path: $status $answer" }
        return Json.parseToJsonElement(answer)
    }

    /** Stops the server and waits until it has ended. */
    override fun close() {
        process.outputStream.close()
        if (!process.waitFor(10, TimeUnit.SECONDS)) process.destroyForcibly().waitFor()
    }

    private companion object {
        /** How long a call waits, one for a hold that no script reaches too. */
        const val TIMEOUT_MILLIS = 60_000

        fun start(generation: String, token: String): Process {
            val program = System.getenv("AOD_DEVSERVER") ?: Program.packaged ?: "aod-devserver"
            val command = ProcessBuilder(program, "--generation", generation, "--token", token, "--exit-with-stdin")
            try {
                return command.redirectError(ProcessBuilder.Redirect.INHERIT).start()
            } catch (error: IOException) {
                val remedy = "depend on aod-sdk-testing for this platform (${Program.platform}), or set AOD_DEVSERVER"
                throw IllegalStateException("aod-devserver does not start: $remedy", error)
            }
        }
    }
}
