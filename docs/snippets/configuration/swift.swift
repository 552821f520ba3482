import AgentOnDemand
import Foundation

let variables = ProcessInfo.processInfo.environment
let url = URL(string: variables["AOD_API_URL"]!)!
let token = variables["AOD_API_TOKEN"]!
// region client
var configuration = AodClient.Configuration()
configuration.timeout = 60
configuration.userAgentSuffix = "my-app/1.0"
let client = try AodClient(baseURL: url, token: Secret(token), configuration: configuration)
// endregion

// region call
let impatient = try client.withOptions(CallOptions(timeout: 5, maxRetries: 0))
print(try await impatient.agents.list().count, "agents")

let patient = try client.withOptions(CallOptions(retry: RetryPolicy(maxRetries: 5)))
print(try await patient.sessions.list().count, "sessions")
// endregion

// region token
let signedIn = try AodClient(
    baseURL: url,
    tokenProvider: { rejected in
        Secret(token)  // here, a request to the service that issues tokens
    })
// endregion
print(try await signedIn.environments.list().count, "environments")
