package com.ravihq.aod

import com.sun.jna.NativeLibrary
import com.sun.jna.Platform
import java.io.File
import java.net.URLClassLoader
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlin.io.path.createDirectories
import kotlin.io.path.createFile
import kotlin.io.path.writeBytes
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.condition.EnabledOnOs
import org.junit.jupiter.api.condition.OS
import org.junit.jupiter.api.io.TempDir

/** Tests which native library is chosen. */
class LibraryFileTest {
    private val musl = Platform.RESOURCE_PREFIX.replaceFirst("linux-", "linux-musl-")

    /** Runs a program and returns the lines that it prints. */
    private fun lines(vararg command: String): List<String> {
        val process = ProcessBuilder(*command).redirectError(ProcessBuilder.Redirect.INHERIT).start()
        val lines = process.inputReader().readLines()
        assertTrue(process.waitFor(1, TimeUnit.MINUTES))
        assertEquals(0, process.exitValue(), command.joinToString(" "))
        return lines
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    fun `a process that runs with musl is detected by its memory`(@TempDir folder: Path) {
        val source = folder.resolve("maps.c").toFile()
        source.writeText(
            """
            #include <stdio.h>

            int main(void) {
                FILE *maps = fopen("/proc/self/maps", "r");
                for (int next; (next = fgetc(maps)) != EOF;) putchar(next);
                return 0;
            }
            """.trimIndent(),
        )
        for ((compiler, isMusl) in listOf("musl-gcc" to true, "gcc" to false)) {
            val program = folder.resolve(compiler).toString()
            lines(compiler, source.path, "-o", program)
            val map = lines(program)
            assertEquals(isMusl, LibraryFile.isMusl(map), map.joinToString("\n"))
        }
    }

    @Test
    fun `the files of other C libraries are not musl`() {
        val range = "7f1c2a000000-7f1c2a028000 r--p 00000000 fe:01 1234                       "
        for (file in listOf("/lib/ld-musl-x86_64.so.1", "/lib/libc.musl-aarch64.so.1", "/usr/lib/libc.so")) {
            assertTrue(LibraryFile.isMusl(listOf("", range + file)), file)
        }
        for (file in listOf("/lib/x86_64-linux-gnu/libc.so.6", "/opt/ld-musl-notes/app.jar", "/opt/notlibc.so")) {
            assertFalse(LibraryFile.isMusl(listOf(range + file)), file)
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    fun `the library of a platform that JNA does not know is unpacked`(@TempDir folder: Path) {
        val library = File("target/classes/${Platform.RESOURCE_PREFIX}/libaod_ffi.so").readBytes()
        folder.resolve(musl).createDirectories().resolve("libaod_ffi.so").createFile().writeBytes(library)
        URLClassLoader(arrayOf(folder.toUri().toURL()), null).use { loader ->
            val path = LibraryFile.find(musl, loader)
            NativeLibrary.getInstance(path).getFunction("ffi_aod_ffi_uniffi_contract_version")
            assertEquals(Platform.RESOURCE_PREFIX, LibraryFile.platform)
            assertEquals("aod_ffi", LibraryFile.find(Platform.RESOURCE_PREFIX, loader))
        }
    }

    @Test
    fun `the ABI of Android is named as in an app`() {
        val names = mapOf(
            "aarch64" to "arm64-v8a",
            "armv7l" to "armeabi-v7a",
            "armv8l" to "armeabi-v7a",
            "i686" to "x86",
            "x86_64" to "x86_64",
        )
        for ((architecture, name) in names) assertEquals(name, LibraryFile.abiOf(architecture))
    }

    @Test
    fun `a platform without a library is an error`() {
        val failure = assertThrows(UnsatisfiedLinkError::class.java) { LibraryFile.find("linux-musl-z80", null) }
        assertTrue("linux-musl-z80/libaod_ffi.so" in failure.message.orEmpty(), failure.message)
    }
}
