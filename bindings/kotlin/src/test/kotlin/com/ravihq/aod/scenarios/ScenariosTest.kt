package com.ravihq.aod.scenarios

import java.io.File
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.assertThrows

/** Runs the scenarios of all languages, and compares each with its committed transcript. */
class ScenariosTest {
    private val folder = File(System.getenv("AOD_SCENARIOS") ?: "../../tests/scenarios")

    private fun run(json: String): String = runBlocking { Runner.run(Json.parseToJsonElement(json).jsonObject) }

    @TestFactory
    fun `every scenario matches its transcript`(): List<DynamicTest> {
        val scenarios = folder.listFiles { file -> file.extension == "json" }.orEmpty().sorted()
        check(scenarios.isNotEmpty()) { "no scenarios in $folder" }
        return scenarios.map { scenario ->
            dynamicTest(scenario.nameWithoutExtension) {
                val text = scenario.readText()
                // Read from the text, because its lines are compared byte for byte.
                val transcript = text.removeSuffix("\n  ]\n}\n").substringAfter(",\n  \"transcript\": [\n")
                    .split("\n").joinToString("") { "${it.trim().removeSuffix(",")}\n" }
                assertEquals(transcript, run(text))
            }
        }
    }

    @Test
    fun `unknown members of a scenario fail`() {
        for ((steps, word) in listOf(
            """[{"juggle": 3}]""" to "juggle",
            """[{"call": "agents.juggle"}]""" to "agents.juggle",
            """[{"call": "health", "with": {"balls": 3}}]""" to "balls",
            """[{"call": "health", "balls": 3}]""" to "balls",
            """[{"call": "health", "options": {"balls": 3}}]""" to "balls",
            """[{"call": "agents.get", "with": {"id": "${'$'}balls.id"}}]""" to "balls.id",
            """[{"read": "balls"}]""" to "balls",
            """[{"control": ["POST", "juggle"]}]""" to "juggle",
            """[{"call": "health", "meanwhile": [{"call": "health"}]}]""" to "meanwhile",
        )) {
            val error = assertThrows<IllegalStateException> {
                run("""{"about": "", "generation": "s0", "steps": $steps}""")
            }
            assertTrue(word in error.message.orEmpty(), "$steps: ${error.message}")
        }
    }

    @Test
    fun `a secret in the transcript fails`() {
        val steps = """[{"pretty": "generic", "feed": ["hunter2\n"]}]"""
        assertThrows<IllegalStateException> {
            run("""{"about": "", "generation": "s0", "secrets": ["hunter2"], "steps": $steps}""")
        }
    }
}
