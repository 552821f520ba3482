package com.ravihq.aod

/**
 * The statuses that one thread's calls into the library report through, one for each call within another.
 *
 * Creating one takes several times as long as a call: it is a JNA structure, with native memory and a cleaner.
 * `cargo bindgen` makes the generated code take them from here.
 */
internal class CallStatusPool private constructor() {
    private val statuses = ArrayList<UniffiRustCallStatus>(2)
    private var depth = 0

    /** Returns a status that says success, until [give]. */
    fun take(): UniffiRustCallStatus {
        if (depth == statuses.size) statuses.add(UniffiRustCallStatus())
        val status = statuses[depth++]
        status.code = UNIFFI_CALL_SUCCESS
        // What an earlier failure left here has been freed.
        status.error_buf.capacity = 0
        status.error_buf.len = 0
        status.error_buf.data = null
        return status
    }

    /** Gives the latest status back. */
    fun give() {
        depth--
    }

    companion object {
        private val threads = ThreadLocal.withInitial(::CallStatusPool)

        fun ofThread(): CallStatusPool = threads.get()
    }
}
