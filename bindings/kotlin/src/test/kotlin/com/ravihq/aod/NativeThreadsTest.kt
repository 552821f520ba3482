package com.ravihq.aod

import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

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
    fun `the reason is one short line`() {
        val reason = "Unable to load library 'aod':\naod: not found\n" + "x".repeat(10_000)
        val text = NativeThreads.loadFailure(UnsatisfiedLinkError(reason)).message.orEmpty()
        assertTrue("Unable to load library 'aod': aod: not found" in text, text)
        assertFalse("\n" in text, text)
        assertTrue(text.length < 1000, text)
    }
}
