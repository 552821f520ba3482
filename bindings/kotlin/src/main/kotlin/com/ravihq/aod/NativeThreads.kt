package com.ravihq.aod

import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native
import java.util.logging.Level
import java.util.logging.Logger

/**
 * Loads the native library, and keeps its threads attached to the JVM between callbacks. By default JNA attaches and
 * detaches the thread around each callback, with a new `Thread` object, which takes longer than a request.
 */
internal object NativeThreads {
    /** The first failure. Later ones only say that there was one. */
    @Volatile
    private var firstFailure: Error? = null

    /**
     * Loads the library, once.
     *
     * @throws AodException.Configuration if the library cannot be loaded
     */
    fun prepare(): Unit = try {
        Library.ensureLoaded()
        // Lines below the level of the logger are not even written.
        setLogLevel(if (NativeLog.logger.isLoggable(Level.FINE)) NativeLogLevel.DEBUG else NativeLogLevel.INFO)
    } catch (latest: Error) {
        // JNA throws a plain `Error` if its own native library has another version.
        if (latest is VirtualMachineError) throw latest
        throw loadFailure(firstFailure ?: latest.also { firstFailure = it })
    }

    /**
     * Returns an exception that says why the library cannot be loaded, and which setting may help.
     *
     * @param abi the ABI of an app for Android; null elsewhere
     */
    fun loadFailure(failure: Error, abi: String? = LibraryFile.abi): AodException {
        val platform = abi ?: "${System.getProperty("os.name")} on ${System.getProperty("os.arch")}"
        val reason = generateSequence<Throwable>(failure) { it.cause }.last().toString()
        val line = reason.lines().joinToString(" ") { it.trim() }.take(MAX_REASON)
        val named = System.getProperty(LibraryFile.PROPERTY)
        val remedy = when {
            "IllegalCallerException" in line -> "Start Java with the option --enable-native-access=ALL-UNNAMED"
            abi != null -> "The app must contain libaod_ffi.so and libjnidispatch.so for this ABI: depend on the AAR " +
                "aod-sdk-android, which depends on the AAR of JNA, and include this ABI in abiFilters and in ABI " +
                "splits, if the build sets them"
            "incompatible JNA native library" in line ->
                "Set the system property jna.nosys=true, so that JNA does not load the native library installed on " +
                    "the system"
            named != null -> "The system property ${LibraryFile.PROPERTY} names $named"
            !LibraryFile.isPackaged() -> "The class path has no library for it: depend on aod-sdk with the classifier " +
                "natives-${LibraryFile.platform}, if there is one, or name a library with the system property " +
                LibraryFile.PROPERTY
            else -> "JNA unpacks it to a temporary directory that must allow execution; the system property " +
                "jna.tmpdir selects another one, and ${LibraryFile.PROPERTY} names another library"
        }
        val text = "the native library for $platform cannot be loaded: $line. $remedy"
        return localFailure(ErrorKind.CONFIGURATION, text).apply { initCause(failure) }
    }

    private const val MAX_REASON = 500

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
                uniffiCallbackInterfaceRunListener.onCreated,
                uniffiCallbackInterfaceRunListener.uniffiFree,
                uniffiCallbackInterfaceResponseListener.onResponse,
                uniffiCallbackInterfaceResponseListener.uniffiFree,
                uniffiCallbackInterfaceTurnListener.onUpdates,
                uniffiCallbackInterfaceTurnListener.uniffiFree,
                uniffiCallbackInterfaceTokenSource.request,
                uniffiCallbackInterfaceTokenSource.uniffiFree,
                uniffiCallbackInterfaceLogSink.log,
                uniffiCallbackInterfaceLogSink.uniffiFree,
            ).forEach { Native.setCallbackThreadInitializer(it, initializer) }
            uniffiEnsureInitialized()
            forwardLog(NativeLog())
        }

        fun ensureLoaded() = Unit
    }
}

/** Passes the log of the native library to the logger `com.ravihq.aod`. */
private class NativeLog : LogSink {
    override fun log(level: NativeLogLevel, target: String, text: String): Unit = logger.log(
        when (level) {
            NativeLogLevel.WARNING -> Level.WARNING
            NativeLogLevel.INFO -> Level.INFO
            NativeLogLevel.DEBUG -> Level.FINE
        },
        text,
    )

    companion object {
        val logger: Logger = Logger.getLogger("com.ravihq.aod")
    }
}
