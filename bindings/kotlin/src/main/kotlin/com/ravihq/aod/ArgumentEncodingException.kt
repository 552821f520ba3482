package com.ravihq.aod

/** An argument that cannot be passed to the library. `cargo bindgen` makes the generated code throw it. */
internal class ArgumentEncodingException(override val message: String) : RuntimeException(message)
