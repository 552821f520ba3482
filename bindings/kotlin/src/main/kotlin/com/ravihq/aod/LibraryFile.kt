package com.ravihq.aod

import com.sun.jna.Native
import com.sun.jna.Platform
import java.io.File
import java.io.IOException

/** Chooses the native library: the file that a system property names, or that of this platform on the class path. */
internal object LibraryFile {
    /** The system property with the path of a library, which is loaded instead of a packaged one. */
    const val PROPERTY = "com.ravihq.aod.library"

    private const val NAME = "aod_ffi"

    /** The path in the file system of the musl library, which is also its dynamic linker. The one of glibc is `libc.so.6`. */
    private val musl = Regex("/(ld-musl-[^/]+|libc\\.musl-[^/]+|libc\\.so)$")

    /** The name of this platform, which is that of its folder in the jar. */
    val platform: String by lazy {
        val name = Platform.RESOURCE_PREFIX
        if (Platform.isLinux() && isMusl(memoryMap())) name.replaceFirst("linux-", "linux-musl-") else name
    }

    /** The library in the form that JNA takes: a path, or a name that JNA looks up. */
    val path: String by lazy {
        System.getProperty(PROPERTY)?.let { File(it).absolutePath } ?: find(platform, javaClass.classLoader)
    }

    /** The ABI of this process on Android, where the app contains the library; null elsewhere. */
    val abi: String? = if (Platform.isAndroid()) abiOf(System.getProperty("os.arch").orEmpty()) else null

    /** Returns the name of an ABI of Android, from the architecture that Java names. */
    fun abiOf(architecture: String): String = when {
        architecture == "aarch64" -> "arm64-v8a"
        architecture.startsWith("arm") -> "armeabi-v7a"
        architecture == "i686" -> "x86"
        else -> architecture
    }

    /** Returns whether there is a library for this platform on the class path. */
    fun isPackaged(): Boolean = javaClass.getResource("/$platform/${System.mapLibraryName(NAME)}") != null

    /**
     * Returns the library of a platform: its name if JNA finds it, and otherwise the path of a copy, because JNA does
     * not tell musl from glibc (https://github.com/java-native-access/jna/issues/1694).
     *
     * @throws UnsatisfiedLinkError if there is no copy
     */
    fun find(platform: String, loader: ClassLoader?): String {
        if (platform == Platform.RESOURCE_PREFIX) return NAME
        try {
            return Native.extractFromResourcePath("/$platform/lib$NAME.so", loader).path
        } catch (failure: IOException) {
            throw UnsatisfiedLinkError(failure.message)
        }
    }

    /** Returns whether one of the files that a process has in memory, the lines of `/proc/self/maps`, is musl. */
    fun isMusl(map: List<String>): Boolean = map.any { musl.containsMatchIn(it) }

    private fun memoryMap(): List<String> = try {
        File("/proc/self/maps").readLines()
    } catch (_: IOException) {
        emptyList()
    }
}
