package com.ravihq.aod

import org.junit.jupiter.api.AfterEach

/** Base class of tests that each have a development server and a client of it. */
abstract class ServerTest(generation: String = Generation.V2026_04_21) {
    protected val server = DevServer(generation)
    protected val client = server.client()

    @AfterEach
    fun stop() {
        client.close()
        server.close()
        afterClose()
    }

    /** Checks what must hold after both are closed. */
    protected open fun afterClose() = Unit
}
