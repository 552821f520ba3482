package com.ravihq.aod

/**
 * A stack of the JNA structures in which native calls of one thread report their status, one for each level of nesting.
 *
 * Creating a structure takes several times as long as a call, because JNA allocates native memory and a cleaner for it.
 * `cargo bindgen` patches the generated code to use this pool.
 */
internal class CallStatusPool private constructor() {
    private val statuses = ArrayList<UniffiRustCallStatus>(2)
    private var depth = 0

    /** Takes a status, initialized to success, until [give]. */
    fun take(): UniffiRustCallStatus {
        if (depth == statuses.size) statuses.add(UniffiRustCallStatus())
        val status = statuses[depth++]
        status.code = UNIFFI_CALL_SUCCESS
        // The buffer of an earlier error has been freed already.
        status.error_buf.capacity = 0
        status.error_buf.len = 0
        status.error_buf.data = null
        return status
    }

    /** Returns the status taken last to the pool. */
    fun give() {
        depth--
    }

    companion object {
        private val pools = ThreadLocal.withInitial(::CallStatusPool)

        fun ofThread(): CallStatusPool = pools.get()
    }
}
