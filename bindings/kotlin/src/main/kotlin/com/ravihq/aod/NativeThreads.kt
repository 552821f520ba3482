package com.ravihq.aod

import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native

/**
 * Keeps the library's threads attached to the JVM between the calls that they make into it. By default JNA attaches and
 * detaches a thread, with a `Thread` object of its own, around each of these calls, which takes longer than a request.
 */
internal object NativeThreads {
    private val initializer = CallbackThreadInitializer(true, false, "aod")

    init {
        listOf(
            uniffiRustFutureContinuationCallbackImpl,
            uniffiCallbackInterfaceBatchListener.onEvents,
            uniffiCallbackInterfaceBatchListener.onClosed,
            uniffiCallbackInterfaceBatchListener.onFailed,
            uniffiCallbackInterfaceBatchListener.uniffiFree,
            uniffiCallbackInterfaceConnectionObserver.onState,
            uniffiCallbackInterfaceConnectionObserver.uniffiFree,
        ).forEach { Native.setCallbackThreadInitializer(it, initializer) }
    }

    /** Has it done, once. */
    fun prepare() = Unit
}
