package com.ravihq.aod

import java.io.File
import kotlinx.validation.api.dump
import kotlinx.validation.api.filterOutNonPublic
import kotlinx.validation.api.loadApiFromJvmClasses
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

/** What users' programs are compiled against. */
class ApiTest {
    private val api = File("target/classes/com/ravihq/aod").walk()
        .filter { it.extension == "class" }.sorted().map { it.inputStream() }
        .loadApiFromJvmClasses().filterOutNonPublic().dump(StringBuilder()).toString()

    @Test
    fun `the public API is the one that is written down`() {
        val written = File("api/aod-sdk.api")
        if (System.getProperty("api.write") == "true") written.writeText(api)
        assertEquals(written.readText(), api, "if this is meant: bindings/kotlin/tests/run --write-api")
    }

    @Test
    fun `nothing in it is unsigned, which has mangled names in Java`() {
        val isMangled = Regex("""fun [\w$]+-\w{7}""")
        assertEquals(emptyList<String>(), api.lines().filter { "kotlin/U" in it || isMangled in it })
    }
}
