package com.ravihq.aod.android

import android.app.Activity
import android.app.Application
import android.net.ConnectivityManager
import android.net.LinkAddress
import android.net.LinkProperties
import android.net.Network
import android.os.Bundle
import android.os.Handler
import android.os.HandlerThread
import com.ravihq.aod.AodClient
import com.ravihq.aod.ConnectionState
import com.ravihq.aod.DevServer
import com.ravihq.aod.start
import com.ravihq.aod.stdout
import java.net.InetAddress
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.logging.LogRecord
import java.util.logging.Logger
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadows.ShadowConnectivityManager
import org.robolectric.shadows.ShadowNetwork

@RunWith(RobolectricTestRunner::class)
class AppMonitorTest {
    private val server = DevServer()
    private val client = server.client()
    private val application: Application = RuntimeEnvironment.getApplication()
    private val connectivity = checkNotNull(application.getSystemService(ConnectivityManager::class.java))
    private val wifi = ShadowNetwork.newInstance(1)
    private val cellular = ShadowNetwork.newInstance(2)

    @After
    fun stop() {
        client.close()
        server.close()
        threads().forEach(::awaitEnd)
    }

    private fun awaitEnd(thread: Thread) {
        thread.join(60_000)
        assertFalse(thread.isAlive)
    }

    private fun threads() =
        Thread.getAllStackTraces().keys.filterIsInstance<HandlerThread>().filter { it.name == "aod-monitor" }

    /** Runs something on the thread of the monitor, and waits for all that it has to do before. */
    private fun onMonitor(action: () -> Unit = {}) {
        val done = CountDownLatch(1)
        Handler(threads().single().looper).post {
            action()
            done.countDown()
        }
        assertTrue(done.await(1, TimeUnit.MINUTES))
    }

    private fun startMonitor(suspendInBackground: Boolean = true): AppMonitor =
        AppMonitor.start(application, client, suspendInBackground).also { onMonitor() }

    /** Calls the callback of the monitor, as the system does. */
    private fun report(call: ConnectivityManager.NetworkCallback.() -> Unit) {
        val callback = shadowOf(connectivity).networkCallbacks.single()
        onMonitor { callback.call() }
    }

    private fun properties(vararg addresses: String) = LinkProperties().apply {
        addresses.forEach { addLinkAddress(LinkAddress(InetAddress.getByName(it), 24)) }
    }

    /** Runs something when an activity stops. */
    private fun whenStopped(action: () -> Unit) {
        application.registerActivityLifecycleCallbacks(object : Application.ActivityLifecycleCallbacks {
            override fun onActivityCreated(activity: Activity, state: Bundle?) = Unit

            override fun onActivityStarted(activity: Activity) = Unit

            override fun onActivityResumed(activity: Activity) = Unit

            override fun onActivityPaused(activity: Activity) = Unit

            override fun onActivityStopped(activity: Activity) = action()

            override fun onActivitySaveInstanceState(activity: Activity, state: Bundle) = Unit

            override fun onActivityDestroyed(activity: Activity) = Unit
        })
    }

    /** Runs a test that waits for a stream. */
    private fun within(test: suspend CoroutineScope.() -> Unit): Unit = runBlocking { withTimeout(120_000, test) }

    /** Whether the network has changed: a call then does not use the connection of the last one. */
    private fun isChanged(call: () -> Unit): Boolean = runBlocking {
        client.health()
        call()
        val before = server.stat("accepted_connections")
        client.health()
        // Each call of the control interface is a connection too.
        server.stat("accepted_connections") - before > 1
    }

    @Test
    fun `a stream waits without a network, and continues with the next one`(): Unit = within {
        startMonitor()
        report { onAvailable(wifi) }
        server.script("""{"stdout": "one"}""", """{"hold": "two"}""", """{"stdout": "two"}""")
        val session = client.start()
        val stream = client.sessions.stream(session.id)
        val one = CompletableDeferred<Unit>()
        val collected = async(Dispatchers.Default) {
            stream.onEach { if (it.stdout == "one") one.complete(Unit) }.toList()
        }
        one.await()
        report { onLost(wifi) }
        stream.state.first { it == ConnectionState.WaitingForNetwork }
        server.awaitStreams(0)
        report { onAvailable(cellular) }
        server.awaitStreams(1)
        server.release("two")
        val events = collected.await()
        assertEquals(listOf("one", "two"), events.mapNotNull { it.stdout })
        assertEquals(client.sessions.stream(session.id).toList(), events)
    }

    @Test
    fun `another default network is a change, and the same one is not`() {
        startMonitor()
        assertFalse(isChanged { report { onAvailable(wifi) } })
        assertFalse(isChanged { report { onAvailable(wifi) } })
        assertTrue(isChanged { report { onAvailable(cellular) } })
        // The system may report the end of the previous network later.
        report { onLost(wifi) }
        assertTrue(client.network.isAvailable)
    }

    @Test
    fun `a lost address is a change, and a new one is not`() {
        startMonitor()
        report { onAvailable(wifi) }
        assertFalse(isChanged { report { onLinkPropertiesChanged(wifi, properties("192.0.2.1")) } })
        val both = properties("192.0.2.1", "2001:db8::1")
        assertFalse(isChanged { report { onLinkPropertiesChanged(wifi, both) } })
        assertFalse(isChanged { report { onLinkPropertiesChanged(cellular, properties()) } })
        assertTrue(isChanged { report { onLinkPropertiesChanged(wifi, properties("2001:db8::1")) } })
        assertTrue(client.network.isAvailable)
    }

    @Test
    fun `a device without a network is offline from the start`() {
        shadowOf(connectivity).clearAllNetworks()
        startMonitor()
        assertFalse(client.network.isAvailable)
        report { onAvailable(wifi) }
        assertTrue(client.network.isAvailable)
    }

    @Test
    fun `the client is suspended while no activity is visible`() {
        startMonitor()
        assertTrue("not before the first activity", client.network.isAvailable)
        val first = Robolectric.buildActivity(Activity::class.java).create().start().resume()
        val second = Robolectric.buildActivity(Activity::class.java).create().start().resume()
        first.pause().stop()
        onMonitor()
        assertTrue("the second activity is visible", client.network.isAvailable)
        second.pause().stop()
        onMonitor()
        assertFalse(client.network.isAvailable)
        first.restart()
        onMonitor()
        assertTrue(client.network.isAvailable)
    }

    @Test
    fun `an activity that started before the monitor counts when it stops`() {
        val activity = Robolectric.buildActivity(Activity::class.java).setup()
        startMonitor()
        activity.pause().stop()
        onMonitor()
        assertFalse(client.network.isAvailable)
    }

    @Test
    fun `an activity that started before the monitor is visible behind a translucent one`() {
        val behind = Robolectric.buildActivity(Activity::class.java).setup()
        startMonitor()
        behind.pause()
        val translucent = Robolectric.buildActivity(Activity::class.java).setup()
        translucent.pause()
        behind.resume()
        translucent.stop()
        onMonitor()
        assertTrue(client.network.isAvailable)
        behind.pause().stop()
        onMonitor()
        assertFalse(client.network.isAvailable)
    }

    @Test
    fun `an activity that is recreated does not suspend the client`() {
        startMonitor()
        val states = mutableListOf<Boolean>()
        whenStopped {
            onMonitor()
            states.add(client.network.isAvailable)
        }
        val activity = Robolectric.buildActivity(Activity::class.java).setup()
        activity.recreate()
        assertEquals(listOf(true), states)
        activity.pause().stop()
        assertEquals(listOf(true, false), states)
    }

    @Test
    fun `the client is not suspended in the background if that is turned off`() {
        startMonitor(suspendInBackground = false)
        Robolectric.buildActivity(Activity::class.java).setup().pause().stop()
        onMonitor()
        assertTrue(client.network.isAvailable)
        report { onAvailable(wifi) }
        report { onLost(wifi) }
        assertFalse(client.network.isAvailable)
    }

    @Test
    fun `a closed monitor reports nothing, and leaves the client available`() {
        val monitor = startMonitor()
        val thread = threads().single()
        report { onAvailable(wifi) }
        report { onLost(wifi) }
        val activity = Robolectric.buildActivity(Activity::class.java).setup()
        activity.pause().stop()
        onMonitor()
        assertFalse(client.network.isAvailable)

        monitor.close()
        monitor.close()
        awaitEnd(thread)
        assertTrue(client.network.isAvailable)
        assertEquals(emptySet<Any>(), shadowOf(connectivity).networkCallbacks)
        activity.restart().resume().pause().stop()
        assertTrue(client.network.isAvailable)
    }

    @Test
    fun `a monitor that is closed while an activity stops leaves the client available`() {
        val activity = Robolectric.buildActivity(Activity::class.java).setup()
        lateinit var monitor: AppMonitor
        // Registered first, so that the system calls it before the monitor.
        whenStopped { monitor.close() }
        monitor = startMonitor()
        val thread = threads().single()
        // The monitor ends only after both calls.
        val blocked = CountDownLatch(1)
        Handler(thread.looper).post { blocked.await(1, TimeUnit.MINUTES) }
        activity.pause().stop()
        blocked.countDown()
        awaitEnd(thread)
        assertTrue(client.network.isAvailable)
    }

    @Test
    fun `closing the client closes its monitor`() {
        startMonitor()
        val thread = threads().single()
        client.close()
        awaitEnd(thread)
        assertEquals(emptySet<Any>(), shadowOf(connectivity).networkCallbacks)
        // A client that is closed already.
        AppMonitor.start(application, client)
        threads().forEach(::awaitEnd)
        assertEquals(emptySet<Any>(), shadowOf(connectivity).networkCallbacks)
    }

    @Test
    fun `the main thread does not wait for reports`() {
        val activity = Robolectric.buildActivity(Activity::class.java).setup()
        startMonitor()
        val blocked = CountDownLatch(1)
        Handler(threads().single().looper).post { blocked.await() }
        activity.pause().stop()
        assertTrue("not reported yet", client.network.isAvailable)
        blocked.countDown()
        onMonitor()
        assertFalse(client.network.isAvailable)
    }

    /** The system as it is for an app without the permission. */
    @Implements(ConnectivityManager::class)
    class Refusing : ShadowConnectivityManager() {
        @Implementation
        public override fun registerDefaultNetworkCallback(
            callback: ConnectivityManager.NetworkCallback,
            handler: Handler,
        ): Unit = throw SecurityException("no permission")
    }

    @Test
    @Config(shadows = [Refusing::class])
    fun `without the permission, a warning is logged and the client is still suspended`() {
        val warnings = mutableListOf<LogRecord>()
        val handler = object : java.util.logging.Handler() {
            override fun publish(record: LogRecord) {
                warnings.add(record)
            }

            override fun flush() = Unit

            override fun close() = Unit
        }
        val logger = Logger.getLogger("com.ravihq.aod").apply { addHandler(handler) }
        try {
            startMonitor()
            assertEquals(listOf("no permission"), warnings.map { it.thrown.message })
            Robolectric.buildActivity(Activity::class.java).setup().pause().stop()
            onMonitor()
            assertFalse(client.network.isAvailable)
        } finally {
            logger.removeHandler(handler)
        }
    }
}
