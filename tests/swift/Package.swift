// swift-tools-version: 6.0

import PackageDescription

// The tests of the finished package, as a user of it has it: `cargo bindgen package swift` makes it.
let dependencies: [Target.Dependency] = [
    .product(name: "AgentOnDemand", package: "AgentOnDemand"),
    .product(name: "DevServer", package: "devserver"),
]

let package = Package(
    name: "AgentOnDemandTests",
    platforms: [.macOS(.v14)],
    dependencies: [
        .package(path: "../../dist/swift/AgentOnDemand"),
        .package(path: "devserver"),
    ],
    targets: [
        .testTarget(name: "CallTests", dependencies: dependencies),
        .testTarget(name: "FormatterTests", dependencies: dependencies),
        .testTarget(name: "LeakTests", dependencies: dependencies),
        .testTarget(name: "StreamTests", dependencies: dependencies),
        .testTarget(name: "ScenarioTests", dependencies: dependencies),
    ],
    swiftLanguageModes: [.v6]
)
