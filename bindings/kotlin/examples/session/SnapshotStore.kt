package examples.session

import java.io.File
import java.io.IOException
import java.nio.file.Files
import java.nio.file.StandardCopyOption.ATOMIC_MOVE

/**
 * Where the snapshot of a transcript survives the end of the process. Without one, the session is read from its first
 * event. The methods are called on a background thread, one at a time.
 *
 * A snapshot contains the whole transcript, and can have many megabytes. On Android, use a file or a database rather
 * than a `SavedStateHandle`, whose size is limited.
 */
interface SnapshotStore {
    /** Returns the bytes of the last [save], or null if there are none. */
    fun load(): ByteArray?

    /** Replaces the stored bytes, all or nothing. */
    fun save(snapshot: ByteArray)
}

/** A snapshot in a file. A file that cannot be read or written counts as none. */
class SnapshotFile(private val file: File) : SnapshotStore {
    override fun load(): ByteArray? = try {
        file.readBytes()
    } catch (_: IOException) {
        null
    }

    override fun save(snapshot: ByteArray) {
        try {
            val complete = File("${file.path}.new")
            complete.writeBytes(snapshot)
            Files.move(complete.toPath(), file.toPath(), ATOMIC_MOVE)
        } catch (_: IOException) {
            // The stored snapshot stays, which is older and as valid.
        }
    }
}
