package com.ravihq.aod

/**
 * The structures in which one thread passes buffers to the library, used in turn: a call has taken its arguments over
 * when it begins, and there are more structures than a call has arguments.
 *
 * Making one takes several times as long as a call itself: JNA gives it native memory and a cleaner. `cargo bindgen` has
 * the generated code take them from here.
 */
internal class PassedBuffers private constructor() {
    private val made = arrayOfNulls<RustBuffer.ByValue>(MORE_THAN_ARGUMENTS)
    private var next = 0

    /** The next structure, with what the [buffer] says. */
    fun pass(buffer: RustBuffer): RustBuffer.ByValue {
        val passed = made[next] ?: RustBuffer.ByValue().also { made[next] = it }
        next = (next + 1) % made.size
        passed.setValue(buffer)
        return passed
    }

    companion object {
        private const val MORE_THAN_ARGUMENTS = 16
        private val threads = ThreadLocal.withInitial(::PassedBuffers)

        fun ofThread(): PassedBuffers = threads.get()
    }
}
