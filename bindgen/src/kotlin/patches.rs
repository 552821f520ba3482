//! Patches of the generated Kotlin, for what UniFFI 0.32.2 has no option for. A patch that no longer fits is an error,
//! so an upgrade of UniFFI cannot leave one out unnoticed.

use crate::tools::Result;

/// A text of the generated code, and its replacement.
struct Patch {
    pattern: &'static str,
    replacement: &'static str,
    count: Count,
}

/// How often the generated code has the text.
enum Count {
    Times(usize),
    PerObject,
}

const fn once(pattern: &'static str, replacement: &'static str) -> Patch {
    times(1, pattern, replacement)
}

const fn times(count: usize, pattern: &'static str, replacement: &'static str) -> Patch {
    Patch {
        pattern,
        replacement,
        count: Count::Times(count),
    }
}

const fn per_object(pattern: &'static str, replacement: &'static str) -> Patch {
    Patch {
        pattern,
        replacement,
        count: Count::PerObject,
    }
}

const PATCHES: [Patch; 13] = [
    // A new JNA structure for the status of each call has native memory and a cleaner, which cost more than the call:
    // with those of a pool, a formatter's `feed` takes 13 instead of 27 µs. Upstream moves to JNI
    // (mozilla/uniffi-rs#2672).
    once(
        "    var status = UniffiRustCallStatus()
    val return_value = callback(status)
    uniffiCheckCallStatus(errorHandler, status)
    return return_value
",
        "    val pool = CallStatusPool.ofThread()
    val status = pool.take()
    try {
        val return_value = callback(status)
        uniffiCheckCallStatus(errorHandler, status)
        return return_value
    } finally {
        pool.give()
    }
",
    ),
    // The same for buffers: 9 instead of 13 µs. A returned buffer needs no memory of its own, because its fields are
    // read when the call returns; JNA uses the constructor that takes a pointer where there is one.
    once(
        "open class RustBuffer : Structure() {
    // Note: `capacity` and `len` are actually `ULong` values, but JVM only supports signed values.
    // When dealing with these fields, make sure to call `toULong()`.
    @JvmField var capacity: Long = 0
    @JvmField var len: Long = 0
    @JvmField var data: Pointer? = null

    class ByValue: RustBuffer(), Structure.ByValue
",
        "open class RustBuffer : Structure {
    @JvmField var capacity: Long = 0
    @JvmField var len: Long = 0
    @JvmField var data: Pointer? = null

    constructor() : super()

    constructor(memory: Pointer) : super(memory)

    class ByValue : RustBuffer, Structure.ByValue {
        private val isBorrowed: Boolean

        constructor() : super() {
            isBorrowed = false
        }

        constructor(memory: Pointer) : super(memory) {
            isBorrowed = true
        }

        override fun write() {
            check(!isBorrowed) { \"a returned buffer has no memory to be passed in\" }
            super.write()
        }
    }

",
    ),
    // A buffer that is passed needs memory until the call begins: that of a pool.
    once(
        "_rustbuffer_free(buf, status)\n",
        "_rustbuffer_free(RustBufferPool.ofThread().pass(buf), status)\n",
    ),
    once(
        "            rbuf.writeField(\"len\", bbuf.position().toLong())\n            return rbuf\n",
        "            rbuf.len = bbuf.position().toLong()\n            return RustBufferPool.ofThread().pass(rbuf)\n",
    ),
    once(
        "        rbuf.asByteBuffer()!!.put(byteBuf)\n        return rbuf\n",
        "        rbuf.asByteBuffer()!!.put(byteBuf)\n        return RustBufferPool.ofThread().pass(rbuf)\n",
    ),
    // A structure of the pool is passed again, so what outlives the call takes over its fields instead.
    once(
        "callStatus.error_buf = lowerError(e)\n",
        "callStatus.error_buf.setValue(lowerError(e))\n",
    ),
    times(
        2,
        "callStatus.error_buf = FfiConverterString.lower(err)\n",
        "callStatus.error_buf.setValue(FfiConverterString.lower(err))\n",
    ),
    // An argument that cannot be encoded is the caller's mistake, and must be told apart from a defect: UniFFI throws
    // whatever the encoder does (mozilla/uniffi-rs#1602 is where it began to refuse lone surrogates).
    once(
        "            encode(CharBuffer.wrap(value))\n",
        "            try {
                encode(CharBuffer.wrap(value))
            } catch (_: java.nio.charset.CharacterCodingException) {
                throw ArgumentEncodingException(\"a text has half of a character in it, a surrogate without the other\")
            }
",
    ),
    once(
        "throw IllegalArgumentException(\"Invalid duration, must be non-negative\")",
        "throw ArgumentEncodingException(\"a duration is negative\")",
    ),
    // The handle for a call is cloned before the arguments are encoded, and freed by the call: if encoding fails,
    // nothing frees it (mozilla/uniffi-rs#1155).
    per_object(
        "            return block(this.uniffiCloneHandle())\n",
        "            val handle = this.uniffiCloneHandle()
            try {
                return block(handle)
            } catch (failure: ArgumentEncodingException) {
                UniffiCleanAction(handle).run()
                throw failure
            }
",
    ),
    per_object(
        "    private class UniffiCleanAction(",
        "    internal class UniffiCleanAction(",
    ),
    // An MCP server of an unknown kind may have secrets anywhere. UniFFI takes `toString` from Rust for all variants of
    // an enum or for none.
    once(
        "        val `json`: com.ravihq.aod.JsonValue) : McpServer()\n        \n    {\n",
        "        val `json`: com.ravihq.aod.JsonValue) : McpServer()
    {
        override fun toString(): String = \"Unknown(..)\"
",
    ),
    // Otherwise an `Error` while events are decoded for a listener counts as a success, and the events are lost. Fixed
    // after 0.32.2 (mozilla/uniffi-rs#2903).
    times(2, "catch(e: kotlin.Exception)", "catch(e: Throwable)"),
];

/// Applies the patches.
pub(super) fn apply(source: &str) -> Result<String> {
    apply_all(&PATCHES, source)
}

fn apply_all(patches: &[Patch], source: &str) -> Result<String> {
    let objects = source.matches("fun uniffiCloneHandle()").count();
    let mut result = source.to_owned();
    for Patch {
        pattern,
        replacement,
        count,
    } in patches
    {
        let expected = match count {
            Count::Times(times) => *times,
            Count::PerObject => objects,
        };
        let found = result.matches(pattern).count();
        if found != expected {
            return Err(format!(
                "the generated code has this {found} times instead of {expected}: {pattern}"
            )
            .into());
        }
        result = result.replace(pattern, replacement);
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_apply_as_often_as_they_should() {
        let patches = [
            once("<1>", "x"),
            times(2, "<2>", "y"),
            per_object("<3>", "z"),
        ];
        let source =
            |text: &str| format!("{text}\nfun uniffiCloneHandle()\nfun uniffiCloneHandle()\n");
        let result = apply_all(&patches, &source("<1><2><2><3><3>")).unwrap();
        assert!(result.starts_with("xyyzz\n"), "{result}");
        for text in [
            "<2><2><3><3>",
            "<1><1><2><2><3><3>",
            "<1><2><3><3>",
            "<1><2><2><3>",
        ] {
            assert!(apply_all(&patches, &source(text)).is_err(), "{text}");
        }
    }
}
