//! Spares the generated code native memory for each buffer.
//!
//! JNA gives every structure memory of its own, and a cleaner to free it, which costs several times what a call does.
//! What a call gave back needs none: its fields have been read when it returns. What is passed by value needs some until
//! the call has begun, and takes it from the façade's `PassedBuffers`.

use crate::tools::Result;

/// What is written otherwise, how, and how often it is there.
const REWRITTEN: [(&str, &str, usize); 7] = [
    (
        "open class RustBuffer : Structure() {\n",
        "\
open class RustBuffer : Structure {
    constructor() : super()

    constructor(memory: Pointer) : super(memory)

",
        1,
    ),
    // JNA uses a constructor of this form for what a call gives back, where there is one. The memory is the call's, and
    // not to be written to.
    (
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
        1,
    ),
    (
        "_rustbuffer_free(buf, status)\n",
        "_rustbuffer_free(PassedBuffers.ofThread().pass(buf), status)\n",
        1,
    ),
    (
        "            rbuf.writeField(\"len\", bbuf.position().toLong())\n            return rbuf\n",
        "            rbuf.len = bbuf.position().toLong()\n            return PassedBuffers.ofThread().pass(rbuf)\n",
        1,
    ),
    (
        "        rbuf.asByteBuffer()!!.put(byteBuf)\n        return rbuf\n",
        "        rbuf.asByteBuffer()!!.put(byteBuf)\n        return PassedBuffers.ofThread().pass(rbuf)\n",
        1,
    ),
    // Not the structure itself, which will be passed again.
    (
        "callStatus.error_buf = lowerError(e)\n",
        "callStatus.error_buf.setValue(lowerError(e))\n",
        1,
    ),
    (
        "callStatus.error_buf = FfiConverterString.lower(err)\n",
        "callStatus.error_buf.setValue(FfiConverterString.lower(err))\n",
        2,
    ),
];

/// Has the generated code pass its buffers in structures of the façade's `PassedBuffers`.
pub(super) fn keep(source: &str) -> Result<String> {
    let mut rewritten = source.to_owned();
    for (found, instead, times) in REWRITTEN {
        if rewritten.matches(found).count() != times {
            return Err(format!(
                "the generated code handles buffers otherwise than expected: no {found:?}"
            )
            .into());
        }
        rewritten = rewritten.replace(found, instead);
    }
    Ok(rewritten)
}
