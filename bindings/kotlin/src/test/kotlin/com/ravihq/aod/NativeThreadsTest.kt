package com.ravihq.aod

import java.nio.file.Path
import java.util.concurrent.TimeUnit
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.condition.EnabledOnOs
import org.junit.jupiter.api.condition.OS
import org.junit.jupiter.api.io.TempDir

/** Tests the exception of a native library that cannot be loaded. */
class NativeThreadsTest {
    private val noExecution = "/tmp/jna1/jna2.tmp: failed to map segment from shared object"

    @Test
    fun `a library in a directory without execution says what failed and which property helps`() {
        val cause = UnsatisfiedLinkError(noExecution)
        val failure = NativeThreads.loadFailure(cause)
        assertTrue(failure is AodException.Configuration)
        val text = failure.message.orEmpty()
        for (part in listOf(noExecution, "jna.tmpdir", System.getProperty("os.arch"))) assertTrue(part in text, text)
        assertSame(cause, failure.cause)
    }

    @Test
    fun `the reason is that of the first cause`() {
        val failure = NativeThreads.loadFailure(ExceptionInInitializerError(UnsatisfiedLinkError(noExecution)))
        assertTrue(noExecution in failure.message.orEmpty(), failure.message)
    }

    @Test
    fun `a Java that denies native access needs an option`() {
        val failure = NativeThreads.loadFailure(ExceptionInInitializerError(IllegalCallerException("denied")))
        assertTrue("--enable-native-access=ALL-UNNAMED" in failure.message.orEmpty(), failure.message)
    }

    @Test
    fun `an app for Android without its ABI needs the AAR`() {
        val cause = UnsatisfiedLinkError("dlopen failed: library \"libaod_ffi.so\" not found")
        val text = NativeThreads.loadFailure(cause, abi = "armeabi-v7a").message.orEmpty()
        for (part in listOf("armeabi-v7a", "libaod_ffi.so", "AAR", "abiFilters")) assertTrue(part in text, text)
        for (part in listOf("jna.tmpdir", "Linux", System.getProperty("os.arch"))) assertFalse(part in text, text)
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    fun `another version of JNA's own library is a failure that says so, each time`(@TempDir folder: Path) {
        val source = folder.resolve("jnidispatch.c").toFile()
        source.writeText(
            """
            #include <jni.h>

            JNIEXPORT jstring JNICALL Java_com_sun_jna_Native_getNativeVersion(JNIEnv *env, jclass type) {
                return (*env)->NewStringUTF(env, "1.2.3");
            }
            """.trimIndent(),
        )
        val home = System.getProperty("java.home")
        val library = folder.resolve("libjnidispatch.so").toString()
        run("gcc", "-shared", "-fPIC", "-I$home/include", "-I$home/include/linux", source.path, "-o", library)
        val classes = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
        val output = run("$home/bin/java", "-Djna.boot.library.path=$folder", "-cp", classes, Program::class.java.name)
        val failure = Regex("Configuration: .* incompatible JNA .* 1\\.2\\.3 .* jna\\.nosys=true")
        assertEquals(2, failure.findAll(output).count(), output)
    }

    /** Runs a program and returns what it prints. */
    private fun run(vararg command: String): String {
        val process = ProcessBuilder(*command).redirectErrorStream(true).start()
        val output = process.inputReader().readText()
        assertTrue(process.waitFor(1, TimeUnit.MINUTES))
        assertEquals(0, process.exitValue(), output)
        return output
    }

    /** Prints the failures of two clients. */
    object Program {
        @JvmStatic
        fun main(arguments: Array<String>) = repeat(2) {
            try {
                AodClient("http://localhost", "x")
            } catch (failure: AodException) {
                println(failure)
            }
        }
    }

    @Test
    fun `the reason is one short line`() {
        val reason = "Unable to load library 'aod':\naod: not found\n" + "x".repeat(10_000)
        val text = NativeThreads.loadFailure(UnsatisfiedLinkError(reason)).message.orEmpty()
        assertTrue("Unable to load library 'aod': aod: not found" in text, text)
        assertFalse("\n" in text, text)
        assertTrue(text.length < 1000, text)
    }
}
