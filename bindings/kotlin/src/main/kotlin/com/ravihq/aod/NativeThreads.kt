package com.ravihq.aod

import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native

/**
 * Loads the library, and keeps its threads attached to the JVM between the calls that they make into it. By default JNA
 * attaches and detaches a thread, with a `Thread` object of its own, around each of these calls, which takes longer than
 * a request.
 */
internal object NativeThreads {
    /** Has it done, once. Where there is no library for this platform it is an [AodException.Configuration]. */
    fun prepare(): Unit = try {
        Prepared.now()
    } catch (failure: LinkageError) {
        val platform = "${System.getProperty("os.name")} on ${System.getProperty("os.arch")}"
        throw localFailure(ErrorKind.CONFIGURATION, "the native library cannot be loaded: is there one for $platform?")
            .apply { initCause(failure) }
    }

    private object Prepared {
        init {
            val initializer = CallbackThreadInitializer(true, false, "aod")
            listOf(
                uniffiRustFutureContinuationCallbackImpl,
                uniffiCallbackInterfaceBatchListener.onEvents,
                uniffiCallbackInterfaceBatchListener.onState,
                uniffiCallbackInterfaceBatchListener.onClosed,
                uniffiCallbackInterfaceBatchListener.onError,
                uniffiCallbackInterfaceBatchListener.uniffiFree,
            ).forEach { Native.setCallbackThreadInitializer(it, initializer) }
            uniffiEnsureInitialized()
        }

        fun now() = Unit
    }
}
