package com.ravihq.aod.android

import java.io.File
import kotlinx.validation.api.dump
import kotlinx.validation.api.filterOutNonPublic
import kotlinx.validation.api.loadApiFromJvmClasses
import org.junit.Assert.assertEquals
import org.junit.Test

/** Tests the public API of the classes that only the AAR has. */
class ApiTest {
    private val api = File("android/target/classes/com/ravihq/aod/android").walk()
        .filter { it.extension == "class" }.sorted().map { it.inputStream() }
        .loadApiFromJvmClasses().filterOutNonPublic().dump(StringBuilder()).toString()

    @Test
    fun `the public API matches the recorded one`() {
        val recorded = File("api/aod-sdk-android.api")
        if (System.getProperty("api.write") == "true") recorded.writeText(api)
        assertEquals("if intended, run bindings/kotlin/tests/run --write-api", recorded.readText(), api)
    }
}
