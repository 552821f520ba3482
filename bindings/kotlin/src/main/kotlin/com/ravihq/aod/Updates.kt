package com.ravihq.aod

/** How often a record is read and updated before the version mismatch is thrown. */
private const val ATTEMPTS = 10

/** Reads a record and updates it with the request made from it; starts again after a version mismatch. */
internal inline fun <Record, Request> readAndUpdate(
    read: () -> Record,
    change: (Record) -> Request,
    update: (Request) -> Record,
): Record {
    var attempt = 1
    while (true) {
        val request = change(read())
        try {
            return update(request)
        } catch (conflict: AodException.Conflict) {
            if (conflict.reason !is ConflictReason.VersionMismatch || attempt++ == ATTEMPTS) throw conflict
        }
    }
}
