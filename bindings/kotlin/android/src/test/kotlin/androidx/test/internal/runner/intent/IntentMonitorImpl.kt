// Stands in for `androidx.test:monitor`, which Robolectric needs, and which is not in Maven Central.
package androidx.test.internal.runner.intent

import android.content.Intent
import androidx.test.runner.intent.IntentMonitor

class IntentMonitorImpl : IntentMonitor {
    @Suppress("UNUSED_PARAMETER")
    fun signalIntent(intent: Intent?) = Unit
}
