// swift-tools-version: 6.2
import PackageDescription

/// One array for every target, so that no target is laxer than its neighbour.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// The house, from the ground up. A target may import only what stands before it in this list;
/// `ImportDirectionTests` holds that.
struct Storey {
    var name: String
    var uses: [String] = []
    var packages: [Target.Dependency] = []
    var tested = true
}

let house: [Storey] = [
    Storey(name: "Vocabulary", uses: ["COpenSSL"]),
    Storey(
        name: "Processes", uses: ["CLinux", "Vocabulary"],
        packages: [.product(name: "Subprocess", package: "swift-subprocess")]),
    Storey(name: "YAML", uses: ["CLibYAML"]),
    Storey(name: "Git", uses: ["CLibGit2", "Vocabulary", "Processes"]),
    Storey(name: "PKI", uses: ["COpenSSL", "Vocabulary"]),
    Storey(name: "TLSProbe", uses: ["COpenSSL", "CBoringSSL", "CLinux", "Vocabulary", "PKI"]),
    Storey(
        name: "Web", uses: ["Vocabulary"],
        packages: [
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
        ]),
    Storey(name: "Signatures", uses: ["COpenSSL", "CSodium", "Vocabulary"]),
    Storey(name: "Declarations", uses: ["Vocabulary", "YAML", "PKI", "Signatures"]),
    Storey(name: "Approvals", uses: ["Vocabulary", "Signatures", "Declarations"]),
    Storey(name: "Planning", uses: ["Vocabulary", "PKI", "Declarations", "Approvals"]),
    Storey(
        name: "Commits",
        uses: ["Vocabulary", "Git", "PKI", "Signatures", "Declarations", "Approvals", "Planning"], tested: false),
    Storey(
        name: "Journal", uses: ["Vocabulary", "Approvals", "Planning"],
        packages: [.product(name: "GRDB", package: "GRDB.swift")]),
    Storey(
        name: "StatusBranch",
        uses: ["Vocabulary", "Git", "Signatures", "Declarations", "Approvals", "Planning"]),
    Storey(
        name: "Audit",
        uses: [
            "Vocabulary", "Git", "PKI", "Signatures", "Declarations", "Approvals", "Planning", "Commits",
            "StatusBranch",
        ]),
    Storey(
        name: "Connectors",
        uses: ["CLinux", "Vocabulary", "Processes", "PKI", "Declarations", "Planning"]),
    Storey(
        name: "Delivery",
        uses: ["Vocabulary", "Processes", "TLSProbe", "Declarations", "Planning", "Journal"],
        packages: [
            .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
        ]),
    Storey(
        name: "Operations",
        uses: [
            "CLinux", "Vocabulary", "Processes", "Git", "PKI", "TLSProbe", "Signatures", "Declarations", "Approvals",
            "Planning", "Commits", "Journal", "StatusBranch", "Audit", "Connectors", "Delivery",
        ]),
    Storey(
        name: "Reconciler",
        uses: [
            "Vocabulary", "Git", "PKI", "TLSProbe", "Web", "Signatures", "Declarations", "Approvals", "Planning",
            "Commits", "Journal", "StatusBranch", "Connectors", "Delivery", "Operations",
        ]),
    Storey(
        name: "Conformance",
        uses: [
            "Vocabulary", "Processes", "PKI", "TLSProbe", "Declarations", "Approvals", "Planning", "Journal",
            "Connectors", "Operations", "Reconciler",
        ]),
    Storey(
        name: "Rendering",
        uses: ["Vocabulary", "Declarations", "Approvals", "Planning", "Audit", "Operations", "Conformance"]),
    Storey(
        name: "Dashboard", uses: ["Vocabulary", "Declarations", "Approvals", "Planning", "Operations", "Rendering"],
        packages: [
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "HummingbirdTLS", package: "hummingbird"),
            .product(name: "Mustache", package: "swift-mustache"),
            .product(name: "HTTPTypes", package: "swift-http-types"),
            .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
        ]),
]

let cLibraries: [Target] = [
    .systemLibrary(name: "CLibGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
    .systemLibrary(name: "CLinux"),
    // Stands on what is below NIOSSL, which is no product of its own.
    .target(name: "CBoringSSL", dependencies: [.product(name: "NIOSSL", package: "swift-nio-ssl")]),
]

/// What is installed exports no symbols and packs its relocations (glibc 2.36): a command that runs for 50 ms does not begin by
/// reading 7 MB of tables. lld comes with the Swift toolchain; the system's linker can do only the first.
let small = LinkerSetting.unsafeFlags(
    [
        "-use-ld=lld", "-Xlinker", "--no-export-dynamic", "-Xlinker", "--icf=safe", "-Xlinker", "-z", "-Xlinker",
        "pack-relative-relocs",
    ], .when(platforms: [.linux], configuration: .release))

func dependencies(_ names: [String]) -> [Target.Dependency] { names.map { .target(name: $0) } }

let everyStorey = house.map(\.name)

let package = Package(
    name: "countersign",
    products: [.executable(name: "countersign", targets: ["countersign"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        // What hummingbird stands on, named because the dashboard speaks to it directly.
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.2"),
    ],
    targets: cLibraries
        + house.map {
            .target(name: $0.name, dependencies: dependencies($0.uses) + $0.packages, swiftSettings: strict)
        }
        + house.filter(\.tested).map {
            .testTarget(
                name: "\($0.name)Tests", dependencies: dependencies([$0.name, "TestKit"] + $0.uses),
                exclude: $0.name == "Planning" ? ["Vectors/vectors.py"] : [], swiftSettings: strict)
        }
        + [
            .executableTarget(
                name: "countersign",
                dependencies: dependencies(["CLinux"] + everyStorey)
                    + [.product(name: "ArgumentParser", package: "swift-argument-parser")],
                swiftSettings: strict, linkerSettings: [small]),
            // For scripts/bench; no product that ships.
            .executableTarget(
                name: "workload",
                dependencies: dependencies(
                    ["COpenSSL"]
                        + everyStorey.filter { !["YAML", "Web", "Reconciler", "Rendering", "Dashboard"].contains($0) })
                    + [.product(name: "ArgumentParser", package: "swift-argument-parser")],
                swiftSettings: strict),
            // Readers of bytes from outside, and inputs made by chance. For tests and scripts/fuzz; no product.
            .target(
                name: "Fuzzing",
                dependencies: dependencies(["Vocabulary", "YAML", "PKI", "Signatures", "Declarations", "Approvals"]),
                swiftSettings: strict),
            .executableTarget(
                name: "fuzz", dependencies: dependencies(["Fuzzing", "Vocabulary"]), swiftSettings: strict),
            .testTarget(
                name: "FuzzingTests", dependencies: dependencies(["Fuzzing", "TestKit", "Vocabulary", "Processes"]),
                swiftSettings: strict),
            .target(
                name: "TestKit", dependencies: dependencies(["CLinux", "Vocabulary", "Processes"]),
                swiftSettings: strict),
            .testTarget(
                name: "CommandLineTests",
                dependencies: dependencies(["TestKit", "Vocabulary", "Processes", "Rendering"]) + ["countersign"],
                exclude: ["Dashboard/browser.py", "Forges/forge.py"], swiftSettings: strict),
            // One pass of `reconcile` that is killed, or fails, at a point of one's choice. For tests only: no product.
            .executableTarget(
                name: "reconcile-with-faults",
                dependencies: dependencies([
                    "Vocabulary", "TLSProbe", "Declarations", "Planning", "Journal", "Connectors", "Operations",
                    "Reconciler",
                    "Rendering",
                ]),
                swiftSettings: strict),
            .testTarget(
                name: "FaultTests",
                dependencies: dependencies(["TestKit", "Vocabulary", "Processes"])
                    + ["countersign", "reconcile-with-faults"],
                swiftSettings: strict),
            // Days in seconds: passes in process, by a clock that is set.
            .testTarget(
                name: "ClockTests",
                dependencies: dependencies([
                    "TestKit", "Vocabulary", "Processes", "Approvals", "Planning", "Operations", "Reconciler",
                ]) + ["countersign"],
                swiftSettings: strict),
            .testTarget(name: "StructureTests", dependencies: dependencies(["TestKit"]), swiftSettings: strict),
        ]
)
