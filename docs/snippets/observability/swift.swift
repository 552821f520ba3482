import AgentOnDemand
import Foundation

// region log
AodLog.send(from: .debug) { entry in
    FileHandle.standardError.write(Data("\(entry.level) \(entry.text)\n".utf8))
}
let client = try AodClient.fromEnv()
// endregion

// region responses
let observed = try client.withOptions(
    CallOptions(onResponse: { response in
        print(response.method, URL(string: response.url)!.path, response.status)
    }))
_ = try await observed.agents.list()
// endregion
