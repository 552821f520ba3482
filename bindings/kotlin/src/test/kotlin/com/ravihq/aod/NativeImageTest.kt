package com.ravihq.aod

import com.sun.jna.Callback
import com.sun.jna.Structure
import java.io.File
import java.lang.reflect.Modifier
import kotlinx.serialization.ExperimentalSerializationApi
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonArrayBuilder
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.add
import kotlinx.serialization.json.addJsonObject
import kotlinx.serialization.json.buildJsonArray
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import kotlinx.serialization.json.putJsonArray
import kotlinx.serialization.json.putJsonObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

/** Tests the metadata for GraalVM's native-image: it lists each class that JNA uses by reflection or through JNI. */
class NativeImageTest {
    private val recorded =
        File("src/main/resources/META-INF/native-image/io.github.ravi-hq/aod-sdk/reachability-metadata.json")

    /** The classes of the library, which are loaded but not initialized. */
    private val classes = File("target/classes").let { root ->
        root.walk().filter { it.extension == "class" }.map { it.relativeTo(root).invariantSeparatorsPath }
            .map { Class.forName(it.removeSuffix(".class").replace('/', '.'), false, javaClass.classLoader) }
            .sortedBy { it.name }.toList()
    }

    private fun JsonArrayBuilder.type(name: String, vararg members: String) = addJsonObject {
        put("type", name)
        put("jniAccessible", true)
        members.forEach { put(it, true) }
    }

    private fun reflection(): JsonArray = buildJsonArray {
        for (type in classes) {
            when {
                Structure::class.java.isAssignableFrom(type) ->
                    type(type.name, "allDeclaredConstructors", "allDeclaredFields")
                Callback::class.java.isAssignableFrom(type) -> type(type.name, "allDeclaredMethods")
                // Its functions are registered as those of the native library.
                type.declaredMethods.any { Modifier.isNative(it.modifiers) } -> type(type.name, "allDeclaredMethods")
            }
        }
        // A function that native code passes becomes a proxy.
        for (type in classes.filter { it.isInterface && Callback::class.java.isAssignableFrom(it) }) {
            addJsonObject { putJsonObject("type") { putJsonArray("proxy") { add(type.name) } } }
        }
        // JNA describes structures with them; it has no metadata of its own.
        for (name in listOf("FFIType", "FFIType\$size_t")) {
            type("com.sun.jna.Structure\$$name", "allDeclaredConstructors", "allDeclaredFields")
        }
    }

    private fun metadata(): JsonObject = buildJsonObject {
        put("reflection", reflection())
        putJsonArray("resources") {
            for (name in listOf("libaod_ffi.so", "libaod_ffi.dylib", "aod_ffi.dll")) {
                addJsonObject { put("glob", "*/$name") }
            }
        }
    }

    @OptIn(ExperimentalSerializationApi::class)
    @Test
    fun `the metadata lists the classes that JNA uses`() {
        val json = Json {
            prettyPrint = true
            prettyPrintIndent = "  "
        }
        val text = json.encodeToString(JsonObject.serializer(), metadata()) + "\n"
        if (System.getProperty("api.write") == "true") {
            recorded.parentFile.mkdirs()
            recorded.writeText(text)
        }
        assertEquals(recorded.readText(), text, "run bindings/kotlin/tests/run --write-api")
    }
}
