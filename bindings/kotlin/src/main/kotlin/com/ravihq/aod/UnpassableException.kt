package com.ravihq.aod

/** An argument that the library cannot be given. `cargo bindgen` has the generated code throw it. */
internal class UnpassableException(override val message: String) : RuntimeException(message)
