// swift-tools-version: 6.0

import PackageDescription

let dependencies: [Target.Dependency] = [.product(name: "AgentOnDemand", package: "AgentOnDemand")]

// Depends on the package as a user does. `bindings/swift/tests/run` extracts the sources from the README, the page for apps,
// the DocC catalog and the snippets of the documentation site.
let snippets = [
    "agents", "configuration", "errors", "observability", "quickstart", "resume", "sessions", "stream", "transcript",
]
let package = Package(
    name: "Consumer",
    platforms: [.macOS(.v13)],
    dependencies: [.package(path: "../../../../dist/swift/AgentOnDemand")],
    targets: [
        .executableTarget(name: "Quickstart", dependencies: dependencies),
        .executableTarget(name: "App", dependencies: dependencies),
        .executableTarget(name: "Overview", dependencies: dependencies),
    ] + snippets.map { .executableTarget(name: "\($0)-snippet", dependencies: dependencies) },
    swiftLanguageModes: [.v6]
)
