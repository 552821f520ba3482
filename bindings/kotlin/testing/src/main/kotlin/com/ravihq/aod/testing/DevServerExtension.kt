package com.ravihq.aod.testing

import org.junit.jupiter.api.extension.AfterAllCallback
import org.junit.jupiter.api.extension.AfterEachCallback
import org.junit.jupiter.api.extension.ExtensionContext
import org.junit.jupiter.api.extension.ParameterContext
import org.junit.jupiter.api.extension.ParameterResolver

/**
 * Passes a server of its own to each JUnit test that has a parameter of the type [DevServer]. The server stops after
 * the test. A method annotated with `@BeforeAll` and a constructor can have such a parameter too: the class then has
 * one server, which stops after the class.
 *
 * ```kotlin
 * @ExtendWith(DevServerExtension::class)
 * class MyTest {
 *     @Test
 *     fun answers(server: DevServer) { … }
 * }
 * ```
 *
 * See [Testing a program](https://ravi-hq.github.io/agent-on-demand/latest/testing/).
 */
public class DevServerExtension : ParameterResolver, AfterEachCallback, AfterAllCallback {
    /** Returns whether the parameter is a [DevServer]. */
    override fun supportsParameter(parameter: ParameterContext, context: ExtensionContext): Boolean =
        parameter.parameter.type == DevServer::class.java

    /** Returns the server of the test or class, and starts it if it is not running yet. */
    @Suppress("DEPRECATION") // Older versions of JUnit do not have what replaces `getOrComputeIfAbsent`.
    override fun resolveParameter(parameter: ParameterContext, context: ExtensionContext): Any {
        val servers = servers(context)
        return checkNotNull(servers.getOrComputeIfAbsent(context.uniqueId, { DevServer() }, DevServer::class.java))
    }

    /** Stops the server of the test. */
    override fun afterEach(context: ExtensionContext): Unit = stop(context)

    /** Stops the server of the class. */
    override fun afterAll(context: ExtensionContext): Unit = stop(context)

    private fun stop(context: ExtensionContext) {
        servers(context).remove(context.uniqueId, DevServer::class.java)?.close()
    }

    private fun servers(context: ExtensionContext): ExtensionContext.Store =
        context.getStore(ExtensionContext.Namespace.create(DevServerExtension::class.java))
}
