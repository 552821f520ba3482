// swift-tools-version: 6.0

import PackageDescription

/// The binaries of a published release; nil in the source tree, and in a package to depend on by path.
let release: (url: String, checksum: String)? = nil

// A manifest only knows the host: on Linux the package is built for Linux, on macOS for Apple's platforms.
// Cross-compiling from macOS to Linux is not supported.
#if os(Linux)
    // The header and the static library. A release finds the library with pkg-config, because SwiftPM does not allow
    // unsafe flags in a package that is required by version. Otherwise it is beside the header.
    let native = Target.systemLibrary(name: "AodNativeFFI", pkgConfig: release == nil ? nil : "aod_ffi")
    let (privacy, excluded): ([Resource], [String]) = ([], ["PrivacyInfo.xcprivacy"])
    // As a search path: the compiler would parse a library that it is given as an input.
    let linking: [LinkerSetting] =
        release == nil ? [.unsafeFlags(["-L\(Context.packageDirectory)/Sources/AodNativeFFI/lib"])] : []
#else
    let native =
        if let release {
            Target.binaryTarget(name: "AodNativeFFI", url: release.url, checksum: release.checksum)
        } else {
            Target.binaryTarget(name: "AodNativeFFI", path: "AodNativeFFI.xcframework")
        }
    // What an app must declare in the App Store.
    let (privacy, excluded): ([Resource], [String]) = ([.process("PrivacyInfo.xcprivacy")], [])
    let linking: [LinkerSetting] = [
        .linkedFramework("Security"),
        .linkedFramework("SystemConfiguration"),
    ]
#endif

let package = Package(
    name: "AgentOnDemand",
    platforms: [.macOS(.v12), .iOS(.v15), .macCatalyst(.v15), .visionOS(.v1)],
    products: [
        .library(name: "AgentOnDemand", targets: ["AgentOnDemand"]),
        // For the tests of programs, on macOS and Linux.
        .library(name: "AgentOnDemandTesting", targets: ["AgentOnDemandTesting"]),
    ],
    targets: [
        native,
        .target(name: "AodValues"),
        // The generated code needs the Swift 5 language mode.
        .target(
            name: "AodNative",
            dependencies: ["AodNativeFFI", "AodValues"],
            swiftSettings: [.swiftLanguageMode(.v5)],
            linkerSettings: linking
        ),
        .target(
            name: "AgentOnDemand",
            dependencies: ["AodNative", "AodValues"],
            exclude: excluded,
            resources: privacy
        ),
        .target(name: "AgentOnDemandTesting", dependencies: ["AodValues"]),
    ],
    swiftLanguageModes: [.v6]
)
