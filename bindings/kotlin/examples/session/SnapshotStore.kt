package examples.session

import java.io.File
import java.io.IOException
import java.nio.file.Files
import java.nio.file.StandardCopyOption.ATOMIC_MOVE

/**
 * Stores the snapshot of a transcript beyond the end of the process. Without a snapshot, the session is read from its
 * first event. The methods are called on a background thread, one at a time.
 *
 * A snapshot contains the whole transcript, and can be many megabytes large. On Android, use a file or a database
 * rather than a `SavedStateHandle`, whose size is limited.
 */
interface SnapshotStore {
    /** Returns the bytes of the last [save], or null if nothing is stored. */
    fun load(): ByteArray?

    /** Replaces the stored bytes atomically. */
    fun save(snapshot: ByteArray)
}

/** A snapshot in a file. A file that cannot be read counts as no snapshot, and a failure to write it is ignored. */
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
            // The stored snapshot is kept, which is older but still valid.
        }
    }
}
