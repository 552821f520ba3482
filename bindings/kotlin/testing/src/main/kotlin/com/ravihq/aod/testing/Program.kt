package com.ravihq.aod.testing

import java.io.File

/** The program of the development server, which the jar for a platform contains. */
internal object Program {
    /** The name of this platform, which is the classifier of its jar. */
    val platform: String = run {
        val system = System.getProperty("os.name").lowercase()
        val name = when {
            system.startsWith("windows") -> "win32"
            system.startsWith("mac") -> "darwin"
            else -> "linux"
        }
        val architecture = System.getProperty("os.arch").lowercase()
        "$name-${if (architecture == "amd64" || architecture == "x86_64") "x86-64" else architecture}"
    }

    /** The path of a copy of the packaged program, which is deleted when this process ends; null without its jar. */
    val packaged: String? by lazy {
        val name = if (platform.startsWith("win32")) "aod-devserver.exe" else "aod-devserver"
        Program::class.java.getResourceAsStream("$platform/$name")?.use { resource ->
            val file = File.createTempFile("aod-devserver", name.removePrefix("aod-devserver"))
            file.deleteOnExit()
            file.outputStream().use(resource::copyTo)
            check(file.setExecutable(true)) { "${file.path} cannot be made executable" }
            file.path
        }
    }
}
