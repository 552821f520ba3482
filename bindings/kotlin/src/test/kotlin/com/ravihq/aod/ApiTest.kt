package com.ravihq.aod

import java.io.File
import kotlinx.validation.api.dump
import kotlinx.validation.api.filterOutNonPublic
import kotlinx.validation.api.loadApiFromJvmClasses
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource

/** Tests the public API, which programs are compiled against. */
class ApiTest {
    private fun api(classes: String): String = File("target/$classes").walk()
        .filter { it.extension == "class" }.sorted().map { it.inputStream() }
        .loadApiFromJvmClasses().filterOutNonPublic().dump(StringBuilder()).toString()

    @ParameterizedTest
    @CsvSource("classes/com/ravihq/aod, aod-sdk", "test-classes/com/ravihq/aod/testing, aod-sdk-testing")
    fun `the public API matches the recorded one`(classes: String, artifact: String) {
        val recorded = File("api/$artifact.api")
        if (System.getProperty("api.write") == "true") recorded.writeText(api(classes))
        assertEquals(recorded.readText(), api(classes), "if intended, run bindings/kotlin/tests/run --write-api")
    }

    @Test
    fun `the public API has no unsigned types, whose names are mangled in Java`() {
        val isMangled = Regex("""fun [\w$]+-\w{7}""")
        val lines = api("classes/com/ravihq/aod").lines()
        assertEquals(emptyList<String>(), lines.filter { "kotlin/U" in it || isMangled in it })
    }
}
