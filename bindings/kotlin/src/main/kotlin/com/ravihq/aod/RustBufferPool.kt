package com.ravihq.aod

/**
 * A ring of the JNA structures in which one thread passes buffers to the native library. A structure can be reused as
 * soon as the call has read its arguments, and the ring is larger than the number of arguments of any call.
 *
 * Creating a structure takes several times as long as a call, because JNA allocates native memory and a cleaner for it.
 * `cargo bindgen` patches the generated code to use this pool.
 */
internal class RustBufferPool private constructor() {
    private val buffers = arrayOfNulls<RustBuffer.ByValue>(POOL_SIZE)
    private var next = 0

    /** Returns the next structure of the ring, with the content of the [buffer]. */
    fun pass(buffer: RustBuffer): RustBuffer.ByValue {
        val structure = buffers[next] ?: RustBuffer.ByValue().also { buffers[next] = it }
        next = (next + 1) % buffers.size
        structure.setValue(buffer)
        return structure
    }

    companion object {
        private const val POOL_SIZE = 16
        private val pools = ThreadLocal.withInitial(::RustBufferPool)

        fun ofThread(): RustBufferPool = pools.get()
    }
}
