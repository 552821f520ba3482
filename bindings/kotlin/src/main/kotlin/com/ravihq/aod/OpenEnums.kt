@file:JvmName("OpenEnums")

package com.ravihq.aod

// The API values of the enums that a server may extend.

/** The API value, such as it is in JSON. */
public val NetworkingType.value: String get() = networkingTypeValue(this)

/** The case of an API value; one that this version does not know is kept. */
public fun NetworkingType.Companion.of(value: String): NetworkingType = networkingTypeOf(value)

/** The API value, such as it is in JSON. */
public val OutputChannel.value: String get() = outputChannelValue(this)

/** The case of an API value; one that this version does not know is kept. */
public fun OutputChannel.Companion.of(value: String): OutputChannel = outputChannelOf(value)

/** The API value, such as it is in JSON. */
public val PackageManager.value: String get() = packageManagerValue(this)

/** The case of an API value; one that this version does not know is kept. */
public fun PackageManager.Companion.of(value: String): PackageManager = packageManagerOf(value)

/** The API value, such as it is in JSON. */
public val Provider.value: String get() = providerValue(this)

/** The case of an API value; one that this version does not know is kept. */
public fun Provider.Companion.of(value: String): Provider = providerOf(value)

/** The API value, such as it is in JSON. */
public val ResourceType.value: String get() = resourceTypeValue(this)

/** The case of an API value; one that this version does not know is kept. */
public fun ResourceType.Companion.of(value: String): ResourceType = resourceTypeOf(value)

/** The API value, such as it is in JSON. */
public val Runtime.value: String get() = runtimeValue(this)

/** The case of an API value; one that this version does not know is kept. */
public fun Runtime.Companion.of(value: String): Runtime = runtimeOf(value)

/** The API value, such as it is in JSON. */
public val SessionStatus.value: String get() = sessionStatusValue(this)

/** The case of an API value; one that this version does not know is kept. */
public fun SessionStatus.Companion.of(value: String): SessionStatus = sessionStatusOf(value)

/** The API value, such as it is in JSON. */
public val StageState.value: String get() = stageStateValue(this)

/** The case of an API value; one that this version does not know is kept. */
public fun StageState.Companion.of(value: String): StageState = stageStateOf(value)

/** The API value, such as it is in JSON. */
public val TurnStatus.value: String get() = turnStatusValue(this)

/** The case of an API value; one that this version does not know is kept. */
public fun TurnStatus.Companion.of(value: String): TurnStatus = turnStatusOf(value)

/** The name of the kind, the same in every language. */
public val ErrorKind.value: String get() = errorKindValue(this)
