package com.ravihq.aod

import org.junit.jupiter.api.AfterEach

/** Tests with a development server of their own each, and a client of it. */
abstract class ServerTest(generation: String = "s0") {
    protected val server = DevServer(generation)
    protected val client = server.client()

    @AfterEach
    fun stop() {
        client.close()
        server.close()
        afterwards()
    }

    /** What must hold when both have gone. */
    protected open fun afterwards() = Unit
}
