import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import kotlin.concurrent.thread

/** Answers every request with a prepared response over persistent connections, at a negligible cost. */
class Server(private val respond: (path: String, resumes: Boolean) -> ByteArray) : AutoCloseable {
    private val socket = ServerSocket(0, 50, InetAddress.getLoopbackAddress())

    val url: String = "http://127.0.0.1:${socket.localPort}"

    init {
        thread(isDaemon = true) {
            while (!socket.isClosed) {
                val client = runCatching { socket.accept() }.getOrNull() ?: break
                thread(isDaemon = true) { client.use(::serve) }
            }
        }
    }

    private fun serve(client: Socket) {
        client.tcpNoDelay = true
        val requests = client.getInputStream().bufferedReader(Charsets.ISO_8859_1)
        // The client may disconnect during a response.
        runCatching {
            while (true) {
                val line = requests.readLine() ?: break
                val headers = generateSequence { requests.readLine()?.ifEmpty { null } }.toList()
                val resumes = headers.any { it.startsWith("last-event-id:", ignoreCase = true) }
                client.getOutputStream().write(respond(line.split(' ')[1], resumes))
            }
        }
    }

    override fun close() = socket.close()
}

fun response(type: String, body: ByteArray): ByteArray =
    "HTTP/1.1 200 OK\r\nContent-Type: $type\r\nContent-Length: ${body.size}\r\n\r\n".toByteArray() + body
