//! Reports about the network, and suspending an app.

use super::client::NativeClient;

#[uniffi::export]
impl NativeClient {
    /// Reports that there is no network: streams close their connections and wait. Calls are not affected.
    pub fn network_offline(&self) {
        self.client.network().offline();
    }

    /// Reports that there is a network: streams that wait connect.
    pub fn network_online(&self) {
        self.client.network().online();
    }

    /// Reports that the network has changed: streams reconnect.
    pub fn network_changed(&self) {
        self.client.network().changed();
    }

    /// Returns whether there is a network according to the reports, and the client is not suspended.
    pub fn is_network_available(&self) -> bool {
        self.client.network().is_available()
    }

    /// Closes the connections of all streams until `resume`.
    pub fn suspend(&self) {
        self.client.suspend();
    }

    /// Lets the streams reconnect after `suspend`.
    pub fn resume(&self) {
        self.client.resume();
    }
}
