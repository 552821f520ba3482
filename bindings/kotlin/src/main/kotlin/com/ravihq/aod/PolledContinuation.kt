package com.ravihq.aod

import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.resume
import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers

/**
 * The continuation of a coroutine that waits for a future of the native library.
 *
 * The library resumes it from a thread that it needs for its connections. A coroutine without a dispatcher, such as
 * that of `suspend fun main`, or with an unconfined one would continue on this thread and could block it, so it
 * continues on `Dispatchers.IO`. `cargo bindgen` patches the generated code to use this class.
 */
internal class PolledContinuation(private val continuation: CancellableContinuation<Byte>) {
    /** The thread that is polling, on which a coroutine may continue; written only by this thread. */
    private var poller: Thread? = Thread.currentThread()

    /** Ends the poll: from now on, the thread may resume the coroutine from another native call. */
    fun pollReturned() {
        poller = null
    }

    fun resume(result: Byte) {
        if (poller === Thread.currentThread() || isDispatched()) {
            continuation.resume(result)
        } else {
            Dispatchers.IO.dispatch(EmptyCoroutineContext) { continuation.resume(result) }
        }
    }

    private fun isDispatched(): Boolean = when (val interceptor = continuation.context[ContinuationInterceptor]) {
        null -> false
        is CoroutineDispatcher -> interceptor.isDispatchNeeded(continuation.context)
        else -> true
    }
}
