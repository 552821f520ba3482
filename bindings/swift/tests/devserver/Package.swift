// swift-tools-version: 6.0

import PackageDescription

// The development server as tests and benches use it.
let package = Package(
    name: "DevServer",
    platforms: [.macOS(.v14)],
    products: [.library(name: "DevServer", targets: ["DevServer"])],
    dependencies: [.package(path: "../../../../dist/swift/AgentOnDemand")],
    targets: [
        .target(name: "DevServer", dependencies: [.product(name: "AgentOnDemand", package: "AgentOnDemand")])
    ],
    swiftLanguageModes: [.v6]
)
