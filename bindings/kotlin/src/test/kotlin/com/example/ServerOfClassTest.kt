package com.example

import com.ravihq.aod.testing.DevServer
import com.ravihq.aod.testing.DevServerExtension
import java.io.IOException
import java.net.Socket
import java.net.URI
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.ClassOrderer
import org.junit.jupiter.api.Nested
import org.junit.jupiter.api.Order
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestClassOrder
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.api.extension.ExtendWith

/** Tests how long the server of `@BeforeAll` runs. */
@ExtendWith(DevServerExtension::class)
@TestClassOrder(ClassOrderer.OrderAnnotation::class)
class ServerOfClassTest {
    @Nested
    @Order(1)
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    inner class WithServer {
        @BeforeAll
        fun keep(server: DevServer) {
            ofClass = server
        }

        @Test
        fun `it runs during a test`() = connect(ofClass)

        @Test
        fun `a test has another one`(server: DevServer) {
            assertNotEquals(ofClass.url, server.url)
            connect(ofClass)
        }
    }

    @Nested
    @Order(2)
    inner class Afterwards {
        @Test
        fun `it has stopped after the class`() {
            assertThrows(IOException::class.java) { connect(ofClass) }
        }
    }

    private companion object {
        lateinit var ofClass: DevServer

        fun connect(server: DevServer) {
            val address = URI(server.url)
            Socket(address.host, address.port).close()
        }
    }
}
