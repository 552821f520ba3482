package com.ravihq.aod.testing

import java.io.File

/** The program of the development server, which the jar for a platform contains. */
internal object Program {
    /** The names of this platform, which are classifiers of jars. On Linux, the second one is for systems with musl. */
    val platforms: List<String> = run {
        val system = System.getProperty("os.name").lowercase()
        val architecture = when (val name = System.getProperty("os.arch").lowercase()) {
            "amd64", "x86_64" -> "x86-64"
            "arm64" -> "aarch64"
            else -> name
        }
        when {
            system.startsWith("windows") -> listOf("win32-$architecture")
            system.startsWith("mac") -> listOf("darwin-$architecture")
            else -> listOf("linux-$architecture", "linux-musl-$architecture")
        }
    }

    /** The paths of copies of the packaged programs, which are deleted when this process ends; empty without a jar. */
    val packaged: List<String> by lazy { platforms.mapNotNull(::unpack) }

    private fun unpack(platform: String): String? {
        val suffix = if (platform.startsWith("win32")) ".exe" else ""
        return Program::class.java.getResourceAsStream("$platform/aod-devserver$suffix")?.use { resource ->
            val file = File.createTempFile("aod-devserver", suffix)
            file.deleteOnExit()
            file.outputStream().use(resource::copyTo)
            check(file.setExecutable(true)) { "${file.path} cannot be made executable" }
            file.path
        }
    }
}
