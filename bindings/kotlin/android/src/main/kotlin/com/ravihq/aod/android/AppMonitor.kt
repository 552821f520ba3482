package com.ravihq.aod.android

import android.app.Activity
import android.app.Application
import android.net.ConnectivityManager
import android.net.LinkProperties
import android.net.Network
import android.os.Bundle
import android.os.Handler
import android.os.HandlerThread
import com.ravihq.aod.AodClient
import java.net.InetAddress
import java.util.Collections
import java.util.IdentityHashMap
import java.util.concurrent.atomic.AtomicBoolean
import java.util.logging.Level
import java.util.logging.Logger

/**
 * Reports the network of the device, and whether the app is in the background, to a client. Only the AAR contains this
 * class.
 *
 * ```kotlin
 * class App : Application() {
 *     val client by lazy { AodClient("https://aod.example.com", ::token).also { AppMonitor.start(this, it) } }
 * }
 * ```
 *
 * | When | It calls |
 * |---|---|
 * | the device has no network, or loses its default network | [Network.offline][com.ravihq.aod.Network.offline] |
 * | the device has a default network again | [Network.online][com.ravihq.aod.Network.online] |
 * | the default network has changed, or loses an address | [Network.changed][com.ravihq.aod.Network.changed] |
 * | the last visible activity stops | [AodClient.suspend] |
 * | an activity starts after that | [AodClient.resume] |
 *
 * An app that has not shown an activity yet, such as one that a push message starts, is not suspended. An activity that
 * is recreated, for example because the device is rotated, does not suspend the client either.
 *
 * All reports come from a thread of the monitor, so that they never block the main thread. Reporting the network needs
 * the permission `ACCESS_NETWORK_STATE`, which the AAR declares. If the system refuses to report the network, a warning
 * is logged, and only the activities are reported.
 *
 * See [In an app](https://ravi-hq.github.io/agent-on-demand/latest/guide/apps/).
 */
public class AppMonitor private constructor(private val application: Application, private val client: AodClient) :
    AutoCloseable {
    private val thread = HandlerThread("aod-monitor").apply { start() }
    private val handler = Handler(thread.looper)
    private val isClosed = AtomicBoolean()
    private val network = NetworkReports()
    private val activities = ActivityReports()

    /**
     * Stops the reports. If the monitor has reported that there is no network, or suspended the client, it reports the
     * opposite, so that streams reconnect. Closing the client also closes the monitor.
     */
    override fun close() {
        if (!isClosed.compareAndSet(false, true)) return
        client.detach(this)
        application.unregisterActivityLifecycleCallbacks(activities)
        handler.post {
            network.stop()
            activities.stop()
            thread.quitSafely()
        }
    }

    private fun start(suspendInBackground: Boolean) {
        handler.post(network::start)
        if (suspendInBackground) application.registerActivityLifecycleCallbacks(activities)
        client.attach(this)
    }

    /** Reports the default network. Everything runs on the thread of the monitor. */
    private inner class NetworkReports : ConnectivityManager.NetworkCallback() {
        private var manager: ConnectivityManager? = null
        private var current: Network? = null
        private var addresses: Set<InetAddress> = emptySet()
        private var isOffline = false

        fun start() {
            try {
                val manager = application.getSystemService(ConnectivityManager::class.java) ?: return
                manager.registerDefaultNetworkCallback(this, handler)
                this.manager = manager
                // Not `activeNetwork`: that is null too while the system blocks the app, and no callback ends that.
                @Suppress("DEPRECATION")
                if (manager.allNetworks.isEmpty()) offline()
            } catch (refused: RuntimeException) {
                // A missing permission, or too many callbacks of the app.
                Logger.getLogger("com.ravihq.aod").log(Level.WARNING, "the network is not monitored", refused)
            }
        }

        fun stop() {
            manager?.unregisterNetworkCallback(this)
            if (isOffline) client.network.online()
        }

        override fun onAvailable(network: Network) {
            val previous = current
            if (network != previous) {
                current = network
                addresses = emptySet()
            }
            if (previous == null) {
                isOffline = false
                client.network.online()
            } else if (network != previous) {
                client.network.changed()
            }
        }

        override fun onLost(network: Network) {
            if (network == current) offline()
        }

        override fun onLinkPropertiesChanged(network: Network, properties: LinkProperties) {
            if (network != current) return
            val previous = addresses
            addresses = properties.linkAddresses.mapTo(HashSet()) { it.address }
            // Connections survive a new address, but not the end of their own.
            if (!addresses.containsAll(previous)) client.network.changed()
        }

        private fun offline() {
            current = null
            isOffline = true
            client.network.offline()
        }
    }

    /** Reports whether an activity is visible. The callbacks run on the main thread. */
    private inner class ActivityReports : Application.ActivityLifecycleCallbacks {
        // Not a count: an activity may have started before the monitor. It is then added when it is next resumed or
        // paused.
        private val visible = Collections.newSetFromMap(IdentityHashMap<Activity, Boolean>())

        /** Used on the thread of the monitor only. */
        private var isSuspended = false

        fun stop(): Unit = report(inBackground = false)

        override fun onActivityStarted(activity: Activity) = show(activity)

        override fun onActivityResumed(activity: Activity) = show(activity)

        // Behind a translucent activity, it stays visible until it is stopped.
        override fun onActivityPaused(activity: Activity) = show(activity)

        private fun show(activity: Activity) {
            visible.add(activity)
            handler.post { report(inBackground = false) }
        }

        override fun onActivityStopped(activity: Activity) {
            visible.remove(activity)
            if (visible.isEmpty() && !activity.isChangingConfigurations) handler.post { report(inBackground = true) }
        }

        private fun report(inBackground: Boolean) {
            // A monitor that is closed while an activity stops still receives the call: the system calls all callbacks
            // that were registered when it began.
            if (inBackground && isClosed.get()) return
            if (isSuspended == inBackground) return
            isSuspended = inBackground
            if (inBackground) client.suspend() else client.resume()
        }

        override fun onActivityCreated(activity: Activity, savedInstanceState: Bundle?) = Unit

        override fun onActivitySaveInstanceState(activity: Activity, outState: Bundle) = Unit

        override fun onActivityDestroyed(activity: Activity) = Unit
    }

    /** Starts monitors. */
    public companion object {
        /**
         * Starts to report to a client, until the monitor or the client is closed.
         *
         * Call it once per client, when the client is created. The reports also apply to the clients that
         * [AodClient.withOptions] returns, which need no monitor of their own.
         *
         * @param application the app
         * @param client the client that receives the reports
         * @param suspendInBackground whether the client is suspended while the app is in the background; turn it off if
         * a foreground service continues to read streams. On by default
         * @return the monitor, to stop the reports before the client is closed
         */
        @JvmStatic
        @JvmOverloads
        public fun start(
            application: Application,
            client: AodClient,
            suspendInBackground: Boolean = true,
        ): AppMonitor = AppMonitor(application, client).apply { start(suspendInBackground) }
    }
}
