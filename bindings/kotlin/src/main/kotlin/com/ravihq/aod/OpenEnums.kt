@file:JvmName("OpenEnums")

package com.ravihq.aod

// The API values of the enums that a server may extend: values of later servers become `Unknown` and keep their text.

/** The API value, as in JSON. */
public val NetworkingType.value: String get() = networkingTypeValue(this)

/**
 * Returns the case of an API value.
 *
 * @param value the value, as in JSON
 * @return the case; `Unknown` with the [value] if this version does not know it
 */
public fun NetworkingType.Companion.of(value: String): NetworkingType = networkingTypeOf(value)

/** The API value, as in JSON. */
public val OutputChannel.value: String get() = outputChannelValue(this)

/**
 * Returns the case of an API value.
 *
 * @param value the value, as in JSON
 * @return the case; `Unknown` with the [value] if this version does not know it
 */
public fun OutputChannel.Companion.of(value: String): OutputChannel = outputChannelOf(value)

/** The API value, as in JSON. */
public val PackageManager.value: String get() = packageManagerValue(this)

/**
 * Returns the case of an API value.
 *
 * @param value the value, as in JSON
 * @return the case; `Unknown` with the [value] if this version does not know it
 */
public fun PackageManager.Companion.of(value: String): PackageManager = packageManagerOf(value)

/** The API value, as in JSON. */
public val Provider.value: String get() = providerValue(this)

/**
 * Returns the case of an API value.
 *
 * @param value the value, as in JSON
 * @return the case; `Unknown` with the [value] if this version does not know it
 */
public fun Provider.Companion.of(value: String): Provider = providerOf(value)

/** The API value, as in JSON. */
public val ResourceType.value: String get() = resourceTypeValue(this)

/**
 * Returns the case of an API value.
 *
 * @param value the value, as in JSON
 * @return the case; `Unknown` with the [value] if this version does not know it
 */
public fun ResourceType.Companion.of(value: String): ResourceType = resourceTypeOf(value)

/** The API value, as in JSON. */
public val Runtime.value: String get() = runtimeValue(this)

/**
 * Returns the case of an API value.
 *
 * @param value the value, as in JSON
 * @return the case; `Unknown` with the [value] if this version does not know it
 */
public fun Runtime.Companion.of(value: String): Runtime = runtimeOf(value)

/** The API value, as in JSON. */
public val SessionStatus.value: String get() = sessionStatusValue(this)

/**
 * Returns the case of an API value.
 *
 * @param value the value, as in JSON
 * @return the case; `Unknown` with the [value] if this version does not know it
 */
public fun SessionStatus.Companion.of(value: String): SessionStatus = sessionStatusOf(value)

/** The API value, as in JSON. */
public val StageName.value: String get() = stageNameValue(this)

/**
 * Returns the case of an API value.
 *
 * @param value the value, as in JSON
 * @return the case; `Unknown` with the [value] if this version does not know it
 */
public fun StageName.Companion.of(value: String): StageName = stageNameOf(value)

/** The API value, as in JSON. */
public val StageState.value: String get() = stageStateValue(this)

/**
 * Returns the case of an API value.
 *
 * @param value the value, as in JSON
 * @return the case; `Unknown` with the [value] if this version does not know it
 */
public fun StageState.Companion.of(value: String): StageState = stageStateOf(value)

/** The API value, as in JSON. */
public val TurnStatus.value: String get() = turnStatusValue(this)

/**
 * Returns the case of an API value.
 *
 * @param value the value, as in JSON
 * @return the case; `Unknown` with the [value] if this version does not know it
 */
public fun TurnStatus.Companion.of(value: String): TurnStatus = turnStatusOf(value)

/** The name of the kind, the same in each language of the SDK. */
public val ErrorKind.value: String get() = errorKindValue(this)
