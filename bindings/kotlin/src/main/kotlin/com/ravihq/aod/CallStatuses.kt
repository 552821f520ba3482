package com.ravihq.aod

/**
 * The statuses that one thread's calls into the library report through, one for each call within another.
 *
 * Making one takes several times as long as the call itself: it is a JNA structure, with native memory and a cleaner of
 * its own. `cargo bindgen` has the generated code take them from here.
 */
internal class CallStatuses private constructor() {
    private val made = ArrayList<UniffiRustCallStatus>(2)
    private var depth = 0

    /** One that says success; to be given back. */
    fun take(): UniffiRustCallStatus {
        if (depth == made.size) made.add(UniffiRustCallStatus())
        val status = made[depth++]
        status.code = UNIFFI_CALL_SUCCESS
        // What an earlier failure left here has been freed.
        status.error_buf.capacity = 0
        status.error_buf.len = 0
        status.error_buf.data = null
        return status
    }

    /** Gives the latest back. */
    fun give() {
        depth--
    }

    companion object {
        private val threads = ThreadLocal.withInitial(::CallStatuses)

        fun ofThread(): CallStatuses = threads.get()
    }
}
