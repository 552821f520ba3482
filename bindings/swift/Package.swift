// swift-tools-version: 6.0

import PackageDescription

/// The binaries of the release that this manifest belongs to; none in the source tree, and in a package made from it.
let release: (url: String, checksum: String)? = nil

// By the machine that builds, which is all that a manifest knows of: on Linux for Linux, on macOS for Apple's platforms.
// Linux programs cannot be made on macOS.
#if os(Linux)
    // The header, and the static library: in a release that of the machine, found by pkg-config, since a package that
    // others name by URL and version may bring no unsafe flags; otherwise the one beside the header.
    let native = Target.systemLibrary(name: "AodNativeFFI", pkgConfig: release == nil ? nil : "aod_ffi")
    // By its folder and name, not as an input of the compiler, which would look into it.
    let linking: [LinkerSetting] =
        release == nil ? [.unsafeFlags(["-L\(Context.packageDirectory)/Sources/AodNativeFFI/lib"])] : []
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
    platforms: [.macOS(.v12), .iOS(.v15), .macCatalyst(.v15), .visionOS(.v1)],
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
