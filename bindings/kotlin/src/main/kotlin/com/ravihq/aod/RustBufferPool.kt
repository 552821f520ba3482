package com.ravihq.aod

/**
 * The structures in which one thread passes buffers to the library, used in turn: a call reads its arguments when it
 * begins, and there are more structures than a call has arguments.
 *
 * Creating one takes several times as long as a call: JNA gives it native memory and a cleaner. `cargo bindgen` makes the
 * generated code take them from here.
 */
internal class RustBufferPool private constructor() {
    private val buffers = arrayOfNulls<RustBuffer.ByValue>(POOL_SIZE)
    private var next = 0

    /** Returns the next structure, with the content of the [buffer]. */
    fun pass(buffer: RustBuffer): RustBuffer.ByValue {
        val passed = buffers[next] ?: RustBuffer.ByValue().also { buffers[next] = it }
        next = (next + 1) % buffers.size
        passed.setValue(buffer)
        return passed
    }

    companion object {
        private const val POOL_SIZE = 16
        private val threads = ThreadLocal.withInitial(::RustBufferPool)

        fun ofThread(): RustBufferPool = threads.get()
    }
}
