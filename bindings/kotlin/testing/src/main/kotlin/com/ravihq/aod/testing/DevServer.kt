package com.ravihq.aod.testing

import java.io.IOException
import java.net.HttpURLConnection
import java.net.Proxy
import java.net.URI
import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject

/**
 * A running `aod-devserver`: an in-memory AoD server on loopback with scripted agents.
 *
 * It stops when it is closed, or when this process ends. It runs the program at the path in the environment variable
 * `AOD_DEVSERVER`; by default the program in the jar of this artifact whose classifier is the platform, such as
 * `linux-x86-64`, or else `aod-devserver` on the `PATH`.
 *
 * See [Testing a program](https://ravi-hq.github.io/agent-on-demand/latest/testing/).
 *
 * @param generation The version of the API to serve, by date: `2026-04-21`, `2026-04-30` (the default, which has all
 *   runtimes) or `2026-06-25`.
 * @property token The token that the server accepts; `aod_dev` by default.
 * @throws IllegalStateException If the program cannot be found, or does not start.
 */
public class DevServer @JvmOverloads constructor(
    generation: String = "2026-04-30",
    public val token: String = "aod_dev",
) : AutoCloseable {
    private val process = start(generation, token)

    /** The base URL of the server. */
    public val url: String = firstLine(process)

    /**
     * Sets what the agents of all sessions do, from the next turn of each session on. A script for a prompt or for a
     * session takes precedence.
     *
     * @param turns The turns of a session: its next turn runs the first of them, even if the session has had turns
     *   before, and so on. Later turns repeat the last one.
     * @throws IllegalStateException If there is no turn.
     */
    public fun script(vararg turns: Turn): Unit = setScript(turns, emptyMap())

    /**
     * Sets what agents do in turns whose prompt contains a text. If several texts match, the script that was set first
     * is used.
     *
     * @param prompt The text.
     * @param turns The turns of a session, as for [script].
     * @throws IllegalStateException If there is no turn.
     */
    public fun scriptForPrompt(prompt: String, vararg turns: Turn): Unit = setScript(turns, mapOf("prompt" to prompt))

    /**
     * Sets what the agent of one session does, from its next turn on.
     *
     * @param session The id of the session.
     * @param turns The turns of the session, as for [script].
     * @throws IllegalStateException If there is no turn, or no such session.
     */
    public fun scriptForSession(session: String, vararg turns: Turn): Unit =
        setScript(turns, mapOf("session" to session))

    private fun setScript(turns: Array<out Turn>, limit: Map<String, String>) {
        check(turns.isNotEmpty()) { "a script needs a turn" }
        control("POST", "script", jsonOf(limit + ("script" to mapOf("turns" to turns.map { it.fields }))) as JsonObject)
    }

    /**
     * Removes all scripts except those of single sessions. The other sessions run the built-in script again: a short
     * turn that succeeds.
     */
    public fun clearScripts() {
        control("DELETE", "script")
    }

    /**
     * Injects faults into the next matching requests. If several match a request, all of them apply to it.
     *
     * @param faults The faults, in addition to those that are pending.
     * @throws IllegalStateException If a fault cannot be applied, for example because of its status.
     */
    public fun faults(vararg faults: Fault) {
        faults.forEach { control("POST", "fault", it.json) }
    }

    /** Removes the pending faults. */
    public fun clearFaults() {
        control("DELETE", "fault")
    }

    /** Freezes the server's clock, by which it measures delays, heartbeats and timeouts. */
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

    /** Releases a hold: turns that wait at it continue, and turns that reach it later do not wait. */
    public fun release(hold: String) {
        control("POST", "release", mapOf("name" to hold))
    }

    /**
     * Waits until a turn waits at a hold.
     *
     * @param hold The name of the hold.
     * @throws java.net.SocketTimeoutException If no turn has reached it within a minute.
     */
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
     * @param body The fields of the JSON object to send; not sent with `GET`.
     * @return The JSON of the response.
     * @throws IllegalStateException If the server rejects the call.
     * @throws IOException If the server does not run, or does not respond within a minute.
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
            val programs = System.getenv("AOD_DEVSERVER")?.let(::listOf) ?: (Program.packaged + "aod-devserver")
            val failures = programs.map { program ->
                val command = ProcessBuilder(program, "--generation", generation, "--token", token, "--exit-with-stdin")
                try {
                    return command.redirectError(ProcessBuilder.Redirect.INHERIT).start()
                } catch (error: IOException) {
                    // A program for glibc does not start on a system with musl, and the other way around.
                    error
                }
            }
            val jar = "aod-sdk-testing with the classifier ${Program.platforms.joinToString(" or ")}"
            val isMissing = programs == listOf("aod-devserver")
            val remedy = if (isMissing) ": depend on $jar, or set AOD_DEVSERVER" else ""
            val problem = IllegalStateException("aod-devserver does not start: ${failures.first().message}$remedy")
            failures.forEach(problem::addSuppressed)
            throw problem
        }

        /** Returns the first line of a process's output. Ends the process if the line takes too long. */
        fun firstLine(process: Process): String {
            val line = CompletableFuture.supplyAsync { process.inputStream.bufferedReader().readLine() }
            try {
                return checkNotNull(line.get(TIMEOUT_MILLIS.toLong(), TimeUnit.MILLISECONDS)) {
                    "aod-devserver ended before it printed its URL"
                }
            } catch (_: TimeoutException) {
                process.destroyForcibly()
                error("aod-devserver printed no URL within ${TIMEOUT_MILLIS / 1000} s")
            }
        }
    }
}
