// swift-tools-version: 6.0

import PackageDescription

// The tests of the finished package, as a user of it has it: `cargo bindgen package swift` makes it.
let sdk = Target.Dependency.product(name: "AgentOnDemand", package: "AgentOnDemand")

let package = Package(
    name: "AgentOnDemandTests",
    platforms: [.macOS(.v14)],
    dependencies: [.package(path: "../../dist/swift/AgentOnDemand")],
    targets: [
        .target(name: "DevServer", dependencies: [sdk]),
        .testTarget(name: "CallTests", dependencies: ["DevServer", sdk]),
        .testTarget(name: "StreamTests", dependencies: ["DevServer", sdk]),
        .testTarget(name: "ScenarioTests", dependencies: ["DevServer", sdk]),
    ],
    swiftLanguageModes: [.v6]
)
