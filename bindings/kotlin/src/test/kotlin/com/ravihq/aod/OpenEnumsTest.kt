package com.ravihq.aod

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Test

class OpenEnumsTest {
    /** Converts an API value to its case and back, by the Rust name of the enum. */
    private val enums: Map<String, (String) -> Pair<Any, String>> = mapOf(
        "NetworkingType" to { value -> NetworkingType.of(value).let { it to it.value } },
        "OutputStream" to { value -> OutputChannel.of(value).let { it to it.value } },
        "PackageManager" to { value -> PackageManager.of(value).let { it to it.value } },
        "Provider" to { value -> Provider.of(value).let { it to it.value } },
        "ResourceType" to { value -> ResourceType.of(value).let { it to it.value } },
        "Runtime" to { value -> Runtime.of(value).let { it to it.value } },
        "SessionStatus" to { value -> SessionStatus.of(value).let { it to it.value } },
        "StageName" to { value -> StageName.of(value).let { it to it.value } },
        "StageState" to { value -> StageState.of(value).let { it to it.value } },
        "TurnStatus" to { value -> TurnStatus.of(value).let { it to it.value } },
        "ErrorKind" to { value -> ErrorKind.entries.first { it.value == value } to value },
    )

    @Test
    fun `every value that the core knows has a case`() {
        val known = knownValues()
        assertEquals(known.keys, enums.keys)
        for ((name, values) in known) {
            for (value in values) {
                val (case, roundTripped) = enums.getValue(name)(value)
                assertEquals(value, roundTripped)
                assertFalse("Unknown" in case.toString(), "$name: $value")
            }
        }
    }

    @Test
    fun `every error kind has an exception with that kind`() {
        assertEquals(knownValues().getValue("ErrorKind"), ErrorKind.entries.map { it.value })
        for (kind in ErrorKind.entries) assertEquals(kind, localFailure(kind, "").kind)
    }

    @Test
    fun `an unknown value is preserved`() {
        assertEquals(Runtime.Unknown("novel"), Runtime.of("novel"))
        assertEquals("novel", Runtime.of("novel").value)
    }

    @Test
    fun `a stage has a label`() {
        assertEquals("Creating the sandbox", StageName.CreateSprite.label)
        assertEquals("warm cache", StageName.of("warm_cache").label)
    }
}
