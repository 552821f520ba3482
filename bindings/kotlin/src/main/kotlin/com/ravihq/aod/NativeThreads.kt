package com.ravihq.aod

import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native

/**
 * Loads the native library, and keeps its threads attached to the JVM between callbacks. By default JNA attaches and
 * detaches the thread around each callback, with a new `Thread` object, which takes longer than a request.
 */
internal object NativeThreads {
    /**
     * Loads the library, once.
     *
     * @throws AodException.Configuration if there is no library for this platform
     */
    fun prepare(): Unit = try {
        Library.ensureLoaded()
    } catch (failure: LinkageError) {
        val platform = "${System.getProperty("os.name")} on ${System.getProperty("os.arch")}"
        throw localFailure(ErrorKind.CONFIGURATION, "the native library cannot be loaded: is there one for $platform?")
            .apply { initCause(failure) }
    }

    private object Library {
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

        fun ensureLoaded() = Unit
    }
}
