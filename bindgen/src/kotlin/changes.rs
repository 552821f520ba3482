//! What the generated code has to do otherwise than the generator writes it.

use crate::tools::Result;

/// A text of the generated code, and what stands in its place.
struct Change {
    found: &'static str,
    instead: &'static str,
    /// How often it is there; none: once for each object.
    times: Option<usize>,
}

const fn once(found: &'static str, instead: &'static str) -> Change {
    Change {
        found,
        instead,
        times: Some(1),
    }
}

const fn times(times: usize, found: &'static str, instead: &'static str) -> Change {
    Change {
        found,
        instead,
        times: Some(times),
    }
}

const fn of_each_object(found: &'static str, instead: &'static str) -> Change {
    Change {
        found,
        instead,
        times: None,
    }
}

const CHANGES: [Change; 15] = [
    // A call reports its status through a JNA structure. One made for each call costs more than the call.
    once(
        "\
    var status = UniffiRustCallStatus()
    val return_value = callback(status)
    uniffiCheckCallStatus(errorHandler, status)
    return return_value
",
        "\
    val statuses = CallStatuses.ofThread()
    val status = statuses.take()
    try {
        val return_value = callback(status)
        uniffiCheckCallStatus(errorHandler, status)
        return return_value
    } finally {
        statuses.give()
    }
",
    ),
    // A buffer that crosses is a JNA structure as well. What a call gave back needs no memory of its own: its fields have
    // been read when it returns. JNA uses a constructor of this form for it, where there is one.
    once(
        "open class RustBuffer : Structure() {\n",
        "\
open class RustBuffer : Structure {
    constructor() : super()

    constructor(memory: Pointer) : super(memory)

",
    ),
    once(
        "    class ByValue: RustBuffer(), Structure.ByValue\n",
        "\
    class ByValue : RustBuffer, Structure.ByValue {
        private val isBorrowed: Boolean

        constructor() : super() {
            isBorrowed = false
        }

        constructor(memory: Pointer) : super(memory) {
            isBorrowed = true
        }

        override fun write() {
            check(!isBorrowed) { \"a buffer is passed in memory that is not its own\" }
            super.write()
        }
    }

",
    ),
    // What is passed needs some until the call has begun.
    once(
        "_rustbuffer_free(buf, status)\n",
        "_rustbuffer_free(PassedBuffers.ofThread().pass(buf), status)\n",
    ),
    once(
        "            rbuf.writeField(\"len\", bbuf.position().toLong())\n            return rbuf\n",
        "            rbuf.len = bbuf.position().toLong()\n            return PassedBuffers.ofThread().pass(rbuf)\n",
    ),
    once(
        "        rbuf.asByteBuffer()!!.put(byteBuf)\n        return rbuf\n",
        "        rbuf.asByteBuffer()!!.put(byteBuf)\n        return PassedBuffers.ofThread().pass(rbuf)\n",
    ),
    // Not the structure itself, which will be passed again.
    once(
        "callStatus.error_buf = lowerError(e)\n",
        "callStatus.error_buf.setValue(lowerError(e))\n",
    ),
    times(
        2,
        "callStatus.error_buf = FfiConverterString.lower(err)\n",
        "callStatus.error_buf.setValue(FfiConverterString.lower(err))\n",
    ),
    // An argument that cannot be passed is the caller's mistake, and says so.
    once(
        "            encode(CharBuffer.wrap(value))\n",
        "\
            try {
                encode(CharBuffer.wrap(value))
            } catch (_: java.nio.charset.CharacterCodingException) {
                throw UnpassableException(\"a text has half of a character in it, a surrogate without the other\")
            }
",
    ),
    once(
        "throw IllegalArgumentException(\"Invalid duration, must be non-negative\")",
        "throw UnpassableException(\"a duration is negative\")",
    ),
    // The handle for the call is made before its arguments; the call frees it, unless it does not come to that.
    of_each_object(
        "            return block(this.uniffiCloneHandle())\n",
        "\
            val handle = this.uniffiCloneHandle()
            try {
                return block(handle)
            } catch (unpassable: UnpassableException) {
                UniffiCleanAction(handle).run()
                throw unpassable
            }
",
    ),
    of_each_object(
        "    private class UniffiCleanAction(",
        "    internal class UniffiCleanAction(",
    ),
    // Where its secrets are is not known.
    once(
        "        val `json`: com.ravihq.aod.JsonValue) : McpServer()\n        \n    {\n",
        "\
        val `json`: com.ravihq.aod.JsonValue) : McpServer()
    {
        override fun toString(): String = \"Unknown(..)\"
",
    ),
    // An error is no less a failure of the listener than an exception is.
    times(2, "catch(e: kotlin.Exception)", "catch(e: Throwable)"),
    // What it threw may say anything.
    times(
        2,
        "try { e.stackTraceToString() } catch(_: Throwable) { \"\" }",
        "e.javaClass.name",
    ),
];

/// Makes the changes.
pub(super) fn make(source: &str) -> Result<String> {
    let objects = source.matches("fun uniffiCloneHandle()").count();
    let mut changed = source.to_owned();
    for change in CHANGES {
        let (found, expected) = (
            changed.matches(change.found).count(),
            change.times.unwrap_or(objects),
        );
        if found != expected {
            let what = change.found;
            return Err(format!(
                "the generated code is otherwise than expected: {found} times, not {expected}: {what}"
            )
            .into());
        }
        changed = changed.replace(change.found, change.instead);
    }
    Ok(changed)
}
