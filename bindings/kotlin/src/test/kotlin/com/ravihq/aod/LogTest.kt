package com.ravihq.aod

import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.logging.Handler
import java.util.logging.Level
import java.util.logging.LogRecord
import java.util.logging.Logger
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Test

/** The log of the library, in `java.util.logging`. */
class LogTest {
    private val logger = Logger.getLogger("com.ravihq.aod")
    private val records = LinkedBlockingQueue<LogRecord>()
    private val handler = object : Handler() {
        override fun publish(record: LogRecord) = records.put(record)

        override fun flush() = Unit

        override fun close() = Unit
    }.also(logger::addHandler)

    @AfterEach
    fun restore() {
        logger.removeHandler(handler)
        logger.level = null
        // The level of the library is that of the logger when a client is created.
        AodClient("http://127.0.0.1:1", "t").close()
    }

    @Test
    fun `retries are logged if the logger has the level FINE when a client is created`(): Unit = runBlocking {
        logger.level = Level.FINE
        DevServer().use { server ->
            server.fault("GET", "/agents", """{"status": {"status": 503}}""")
            server.client().use { it.agents.list() }
            // Lines of earlier tests may come before it.
            val lines = generateSequence { records.poll(1, TimeUnit.MINUTES) }
            val failed = lines.firstOrNull { "status=503" in it.message }
            assertNotNull(failed)
            assertEquals(Level.FINE, failed?.level)
            assertFalse(server.token in checkNotNull(failed).message)
        }
    }
}
