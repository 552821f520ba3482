package com.ravihq.aod

/**
 * Reports about the network, from [AodClient.network].
 *
 * If the operating system notifies your program of changes of the network, on Android through
 * `ConnectivityManager.NetworkCallback`, pass them to the client. Streams then drop dead connections at once, and make
 * no attempts while there is no network. Without reports, a stream detects a dead connection by the idle timeout, and
 * reconnects. On Android, `AppMonitor` of the AAR makes these reports.
 *
 * ```kotlin
 * override fun onLost(network: android.net.Network) = client.network.offline()
 * override fun onAvailable(network: android.net.Network) = client.network.online()
 * ```
 *
 * Reports apply to the client and to the clients that [AodClient.withOptions] returns. They do not affect streams
 * without reconnection. A call that waits for its next attempt is retried within 250 ms after a report that there is a
 * network, unless the server requested the delay. Reports to a closed client have no effect.
 *
 * See [In an app](https://ravi-hq.github.io/agent-on-demand/latest/guide/apps/).
 */
public class Network internal constructor(private val connection: Connection) {
    /**
     * Whether there is a network according to the reports, and the client is not suspended. Before the first report, it
     * is true; for a closed client, false.
     */
    public val isAvailable: Boolean get() = connection.report { isNetworkAvailable() } ?: false

    /**
     * Reports that there is no network. Streams close their connections and make no attempt until [online]; their state
     * is [ConnectionState.WaitingForNetwork]. Their deadlines still apply. Calls are not affected.
     */
    public fun offline() {
        connection.report { networkOffline() }
    }

    /**
     * Reports that there is a network. Streams that wait for it, or for their next attempt, connect within 250 ms, at
     * random times. While the client is suspended, they connect after [AodClient.resume]. A `Retry-After` of the server
     * still applies. After [offline], idle connections are not reused; otherwise they are kept.
     */
    public fun online() {
        connection.report { networkOnline() }
    }

    /**
     * Reports that the network has changed, for example from Wi-Fi to cellular. Streams reconnect within 250 ms, at
     * random times. Existing connections are not used for new requests; calls in progress continue on them.
     */
    public fun changed() {
        connection.report { networkChanged() }
    }
}
