// swift-tools-version: 6.0

import PackageDescription

/// The binary of the release that this manifest belongs to; none in the source tree.
let release: (url: String, checksum: String)? = nil

#if os(Linux)
    // The header and the static library of this platform, side by side.
    let native = Target.systemLibrary(name: "AodNativeFFI")
    // By its folder and name, not as an input of the compiler, which would look into it.
    let linking: [LinkerSetting] = [
        .unsafeFlags(["-L\(Context.packageDirectory)/Sources/AodNativeFFI/lib"])
    ]
#else
    let native =
        if let release {
            Target.binaryTarget(name: "AodNativeFFI", url: release.url, checksum: release.checksum)
        } else {
            Target.binaryTarget(name: "AodNativeFFI", path: "AodNativeFFI.xcframework")
        }
    let linking: [LinkerSetting] = [
        .linkedFramework("Security"),
        .linkedFramework("SystemConfiguration"),
    ]
#endif

let package = Package(
    name: "AgentOnDemand",
    platforms: [.macOS(.v12), .iOS(.v15)],
    products: [
        .library(name: "AgentOnDemand", targets: ["AgentOnDemand"])
    ],
    targets: [
        native,
        .target(name: "AodValues"),
        // What is generated is written in the language of Swift 5.
        .target(
            name: "AodNative",
            dependencies: ["AodNativeFFI", "AodValues"],
            swiftSettings: [.swiftLanguageMode(.v5)],
            linkerSettings: linking
        ),
        .target(name: "AgentOnDemand", dependencies: ["AodNative", "AodValues"]),
    ],
    swiftLanguageModes: [.v6]
)
