package com.ravihq.aod

/** An argument cannot be encoded for the native library. `cargo bindgen` patches the generated code to throw it. */
internal class ArgumentEncodingException(override val message: String) : RuntimeException(message)
