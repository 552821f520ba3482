// swift-tools-version: 6.0

import PackageDescription

// `try_swift.py` puts the package beside this one.
let package = Package(
    name: "UsePackage",
    platforms: [.macOS(.v13), .iOS(.v16)],
    dependencies: [.package(path: "../AgentOnDemand")],
    targets: [
        .executableTarget(name: "UsePackage", dependencies: [.product(name: "AgentOnDemand", package: "AgentOnDemand")])
    ]
)
