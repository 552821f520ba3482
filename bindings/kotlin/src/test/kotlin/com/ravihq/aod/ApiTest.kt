package com.ravihq.aod

import java.io.File
import kotlinx.validation.api.dump
import kotlinx.validation.api.filterOutNonPublic
import kotlinx.validation.api.loadApiFromJvmClasses
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

/** Tests the public API, which programs are compiled against. */
class ApiTest {
    private val api = File("target/classes/com/ravihq/aod").walk()
        .filter { it.extension == "class" }.sorted().map { it.inputStream() }
        .loadApiFromJvmClasses().filterOutNonPublic().dump(StringBuilder()).toString()

    @Test
    fun `the public API matches the recorded one`() {
        val recorded = File("api/aod-sdk.api")
        if (System.getProperty("api.write") == "true") recorded.writeText(api)
        assertEquals(recorded.readText(), api, "if intended, run bindings/kotlin/tests/run --write-api")
    }

    @Test
    fun `the public API has no unsigned types, whose names are mangled in Java`() {
        val isMangled = Regex("""fun [\w$]+-\w{7}""")
        assertEquals(emptyList<String>(), api.lines().filter { "kotlin/U" in it || isMangled in it })
    }
}
