//! Patches of the generated Kotlin, where UniFFI 0.32.2 has no option. A patch that no longer fits is an error,
//! so an upgrade of UniFFI cannot leave one out unnoticed.

use crate::tools::Result;

/// A replacement of a text in the generated code.
struct Patch {
    pattern: &'static str,
    replacement: &'static str,
    count: Count,
}

/// The expected number of occurrences.
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

const PATCHES: [Patch; 17] = [
    // The façade chooses the library, because JNA does not tell musl from glibc, and documents one system property.
    once(
        "    val libOverride = System.getProperty(\"uniffi.component.$componentName.libraryOverride\")
    if (libOverride != null) {
        return libOverride
    }
    return \"aod_ffi\"
",
        "    return LibraryFile.path\n",
    ),
    // UniFFI creates a JNA structure for the status of each call. Its native memory and cleaner cost more than the
    // call: with pooled structures, a formatter's `feed` takes 13 instead of 27 µs. Upstream plans to replace JNA with
    // JNI (mozilla/uniffi-rs#2672).
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
    // The same for buffers: 9 instead of 13 µs. A returned buffer does not need its own memory, because its fields are
    // read when the call returns; JNA prefers the constructor that takes a pointer.
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
            check(!isBorrowed) { \"a returned buffer cannot be passed as an argument\" }
            super.write()
        }
    }

",
    ),
    // A buffer that is passed needs memory only until the call starts, so it is pooled.
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
    // Pooled structures are reused, so a buffer that is used after the call copies the fields.
    once(
        "callStatus.error_buf = lowerError(e)\n",
        "callStatus.error_buf.setValue(lowerError(e))\n",
    ),
    times(
        2,
        "callStatus.error_buf = FfiConverterString.lower(err)\n",
        "callStatus.error_buf.setValue(FfiConverterString.lower(err))\n",
    ),
    // An argument that cannot be encoded is an error of the caller, not an internal error: UniFFI throws
    // the encoder's exception (since mozilla/uniffi-rs#1602 it refuses unpaired surrogates).
    once(
        "            encode(CharBuffer.wrap(value))\n",
        "            try {
                encode(CharBuffer.wrap(value))
            } catch (_: java.nio.charset.CharacterCodingException) {
                throw ArgumentEncodingException(\"a string contains an unpaired surrogate\")
            }
",
    ),
    once(
        "throw IllegalArgumentException(\"Invalid duration, must be non-negative\")",
        "throw ArgumentEncodingException(\"a duration is negative\")",
    ),
    // The longest duration of Rust is twice that of Java. UniFFI throws an exception that says nothing about the call,
    // while it reads the error or the event of which the duration is a detail.
    once(
        "throw java.time.DateTimeException(\"Duration exceeds minimum or maximum value supported by uniffi\")",
        "return java.time.Duration.ofSeconds(Long.MAX_VALUE)",
    ),
    // UniFFI resumes a coroutine on the thread that wakes its future, which is one of the four workers of the library.
    // Code of the program that blocks there can stop the task that it waits for: tokio keeps a task that such a thread
    // spawns for this thread. There is no issue upstream; the patch can go when UniFFI resumes on another thread.
    once(
        "UniffiHandleMap<CancellableContinuation<Byte>>()",
        "UniffiHandleMap<PolledContinuation>()",
    ),
    once(
        "                pollFunc(
                    rustFuture,
                    uniffiRustFutureContinuationCallbackImpl,
                    uniffiContinuationHandleMap.insert(continuation)
                )
",
        "                val polled = PolledContinuation(continuation)
                pollFunc(
                    rustFuture,
                    uniffiRustFutureContinuationCallbackImpl,
                    uniffiContinuationHandleMap.insert(polled)
                )
                polled.pollReturned()
",
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
    // An MCP server of an unknown type may contain secrets anywhere. UniFFI can export `toString` only for all variants
    // of an enum.
    once(
        "        val `json`: com.ravihq.aod.JsonValue) : McpServer()\n        \n    {\n",
        "        val `json`: com.ravihq.aod.JsonValue) : McpServer()
    {
        override fun toString(): String = \"Unknown(..)\"
",
    ),
    // Without this, an `Error` while a listener's events are decoded is reported as a success and the events are lost.
    // Fixed after 0.32.2 (mozilla/uniffi-rs#2903).
    times(2, "catch(e: kotlin.Exception)", "catch(e: Throwable)"),
];

/// The texts of data classes with parts that may be secret, which they leave out.
const TEXTS: [(&str, &str); 3] = [
    (
        "GithubRepository",
        "url=${url.replace(Regex(\"//[^/]*@\"), \"//\")}, mountPath=$mountPath, authorizationToken=$authorizationToken",
    ),
    (
        "StdioMcpServer",
        "name=$name, command=$command, env=$env, extra=${extra.keys}",
    ),
    (
        "UrlMcpServer",
        "name=$name, headers=$headers, extra=${extra.keys}",
    ),
];

/// Applies the patches.
pub(super) fn apply(source: &str) -> Result<String> {
    let mut patched = apply_all(&PATCHES, source)?;
    for (class, text) in TEXTS {
        patched = with_text(&patched, class, text)?;
    }
    Ok(patched)
}

/// Overrides `toString` of a data class.
fn with_text(source: &str, class: &str, text: &str) -> Result<String> {
    const BODY: &str = "\n){\n";
    let start = source.find(&format!("data class {class} "));
    let body = start.and_then(|start| Some(start + source[start..].find(BODY)? + BODY.len()));
    let (before, after) = body
        .map(|body| source.split_at(body))
        .ok_or_else(|| format!("no data class {class} in the generated code"))?;
    Ok(format!(
        "{before}    override fun toString(): String = \"{class}({text})\"\n{after}"
    ))
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
                "expected {expected} occurrences in the generated code, found {found}: {pattern}"
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
    fn patches_require_the_expected_number_of_occurrences() {
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
