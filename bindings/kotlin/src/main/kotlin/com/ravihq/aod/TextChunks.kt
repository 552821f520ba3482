package com.ravihq.aod

/**
 * Prepares chunks of text for UTF-8, which has no surrogates: joins the pairs that chunks split, and replaces unpaired
 * surrogates by U+FFFD.
 */
internal class TextChunks {
    /** The high surrogate at the end of the last chunk, if it ended with one. */
    private var highSurrogate = ""

    val isPending: Boolean get() = highSurrogate.isNotEmpty()

    /** Returns the next chunk, without a high surrogate at its end. */
    fun next(chunk: String): String {
        val text = highSurrogate + chunk
        highSurrogate = text.takeLast(1).filter(Char::isHighSurrogate)
        return text.removeSuffix(highSurrogate).wellFormed()
    }

    /** Returns what is left at the end of the text. */
    fun rest(): String = highSurrogate.wellFormed().also { highSurrogate = "" }
}

/** Replaces each unpaired surrogate by U+FFFD. */
internal fun String.wellFormed(): String {
    if (none(Char::isSurrogate)) return this
    val replaced = StringBuilder(this)
    var index = 0
    while (index < length) {
        if (index + 1 < length && Character.isSurrogatePair(this[index], this[index + 1])) {
            index += 2
        } else {
            if (this[index].isSurrogate()) replaced.setCharAt(index, '\uFFFD')
            index++
        }
    }
    return replaced.toString()
}
