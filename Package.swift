// swift-tools-version: 6.2
import PackageDescription

/// The last one: a type is made by the code that needs it, instead of by its name, for which the runtime would look
/// through all conformances of the program; that is a fifth of the start.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableExperimentalFeature("Lifetimes"),
    .unsafeFlags(
        ["-Xfrontend", "-disable-concrete-type-metadata-mangled-name-accessors"], .when(configuration: .release)),
]

/// A library two or more executables share, with its tests in `Tests/<name>Tests` unless named otherwise.
func library(
    _ name: String, _ dependencies: [Target.Dependency] = [], tests: String? = nil, testing: [Target.Dependency] = []
) -> [Target] {
    let tests = tests ?? "\(name)Tests"
    return [
        .target(name: name, dependencies: dependencies, path: "Sources/\(name)", swiftSettings: strict),
        .testTarget(
            name: tests, dependencies: [.byName(name: name), "TestSupport"] + testing, path: "Tests/\(tests)",
            swiftSettings: strict),
    ]
}

/// Addresses that are only moved take a bit instead of 24 bytes: a third of the start, and less memory while idle. Nothing
/// is exported, for nobody links to an executable: what is not called is left out.
let packed: [LinkerSetting] = [
    .unsafeFlags(
        [
            "-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs", "-Xlinker", "--no-export-dynamic",
        ], .when(configuration: .release))
]

/// An executable in `Services/<folder>` with its tests in `Tests/<module>Tests`.
func service(
    _ module: String, folder: String, _ dependencies: [Target.Dependency], testing: [Target.Dependency] = []
) -> [Target] {
    [
        .executableTarget(
            name: module, dependencies: dependencies, path: "Services/\(folder)", exclude: ["README.md"],
            swiftSettings: strict, linkerSettings: packed),
        .testTarget(
            name: "\(module)Tests", dependencies: [.byName(name: module), "TestSupport"] + testing,
            path: "Tests/\(module)Tests", swiftSettings: strict),
    ]
}

/// Tests of the whole, which belong to no single module.
func suite(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name, dependencies: ["TestSupport"] + dependencies, path: "Tests/\(name)", swiftSettings: strict)
}

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let http = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let tls = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

var targets: [Target] = [
    .systemLibrary(
        name: "CSQLite", path: "Sources/CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CYAML", path: "Sources/CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .target(name: "CLinux", path: "Sources/CLinux"),
    .target(name: "CSchemas", path: "Sources/CSchemas"),
    .target(
        name: "Schemas", dependencies: ["CSchemas"], path: "Schemas",
        exclude: [
            "runner.openrpc.json", "preloader.openrpc.json", "categorizer.openrpc.json",
            "scheduler.openrpc.json", "metrics.openrpc.json", "migrations",
        ],
        swiftSettings: strict),
    .target(name: "Watching", path: "Tests/Watching", swiftSettings: strict),
    .target(
        name: "TestSupport", dependencies: ["Linux", "Simulators", "Watching"], path: "Tests/Support",
        swiftSettings: strict),
    // Outside systems over real sockets. No test library is in them, so that they run by hand too.
    .target(
        name: "Simulators", dependencies: ["Watching", "JSONCodec", "Decimals", "Linux", "Tables", http, tls] + nio,
        path: "Tests/Simulators", swiftSettings: strict),
]
targets += library("Linux", ["CLinux"])
targets += library("Systemd", ["Linux", "CLinux"], tests: "SystemdLibraryTests")
targets += library("Decimals")
targets += library("JSONCodec", ["Decimals"])
targets += library("Resilience", ["Linux"])
targets += library("Calendars", ["Linux"], testing: ["JSONCodec", "Linux"])
targets += library("MillraceProtocol", ["JSONCodec", "Linux"])
targets += library("MillraceRPC", ["MillraceProtocol", "Resilience", "Telemetry", "Linux", log] + nio)
targets += library("MillraceStore", ["MillraceProtocol", "JSONCodec", "Telemetry", "Linux", "CSQLite"])
targets += library(
    "MillraceService", ["MillraceRPC", "Telemetry", "Systemd", "Resilience", "Decimals", log], testing: ["Exposition"])
targets += library("MillraceWorker", ["MillraceRPC", "MillraceService", "Telemetry", "Resilience", log])
targets += library("Declarations", ["Linux", "CYAML"])
targets += library("KindFiles", ["Declarations", "Linux"])
targets += library("Tables")
targets += library(
    "Telemetry", ["JSONCodec", "Linux"], testing: [.product(name: "Histogram", package: "hdrhistogram-swift")])
targets += library("Exposition", ["Telemetry", "Linux"], testing: ["ExpositionReading"])
// What tests hold written expositions to.
targets.append(
    .target(
        name: "ExpositionReading", dependencies: ["Exposition"], path: "Tests/ExpositionReading",
        swiftSettings: strict))
targets += library(
    "Monitoring", ["Telemetry", "Declarations", "MillraceStore", "JSONCodec", "Linux"],
    testing: ["Exposition", "ExpositionReading", "Schemas"])
targets += library("Plots", ["Linux"])
targets.append(.target(name: "CPage", path: "Sources/CPage", exclude: ["page.css", "page.js"]))
targets += library("StatusPage", ["Plots", "CPage", "Linux"])
targets += library("Preloading", ["MillraceProtocol", "Telemetry", "JSONCodec", "Resilience", "Linux"])
targets += library(
    "DatasetFiles", ["Preloading", "Declarations", "MillraceStore", "JSONCodec", "Linux"],
    testing: ["BackOffice", "MillraceStore"])
targets += library("Schedules", ["Calendars", "Declarations", "MillraceProtocol", "JSONCodec", "Linux"])
targets += library(
    "BackOffice",
    ["Calendars", "Tables", "Decimals", "JSONCodec", "MillraceStore", "Resilience", "Linux", "Schemas"],
    testing: [.product(name: "Crypto", package: "swift-crypto")])
targets += library("Categorization", ["Tables", "Decimals", "Linux"])
targets += service(
    "RunnerService", folder: "Runner", ["KindFiles", "MillraceService", "MillraceStore", "Resilience", "Schemas"])
targets += library(
    "WebClient",
    [
        "MillraceProtocol", "Telemetry", "Linux", http, tls,
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
    ] + nio,
    testing: ["Simulators"])
targets += library(
    "Mail",
    ["WebClient", "MillraceProtocol", "Linux", tls, .product(name: "NIOTLS", package: "swift-nio")] + nio)
targets += library(
    "Notion", ["WebClient", "JSONCodec", "Decimals", "Resilience", "MillraceProtocol", "Linux"], testing: ["Simulators"]
)
targets += library(
    "Chat", ["WebClient", "JSONCodec", "Decimals", "MillraceProtocol", "Linux"],
    testing: ["Simulators", "ChatSummaries"])
targets.append(
    .target(
        name: "ChatSummaries", dependencies: ["BackOffice", "Chat", "Decimals"], path: "Sources/ChatSummaries",
        swiftSettings: strict))
targets += library(
    "NotionBooks", ["BackOffice", "Notion", "Resilience", "MillraceProtocol", "Decimals", "Linux"],
    testing: ["Simulators", "WebClient"])
targets += library(
    "ClinicCalendar",
    ["BackOffice", "Calendars", "WebClient", "JSONCodec", "Resilience", "MillraceProtocol", "Linux"],
    testing: ["Simulators", .product(name: "Crypto", package: "swift-crypto")])
targets += service(
    "PreloaderService", folder: "Preloader",
    [
        "DatasetFiles", "Preloading", "Tables", "Notion", "WebClient", "MillraceService", "MillraceStore", "Resilience",
        "Schemas",
    ], testing: ["Simulators", "MillraceStore"])
targets += service(
    "SchedulerService", folder: "Scheduler",
    ["Schedules", "Calendars", "Declarations", "MillraceService", "MillraceStore", "Schemas"],
    testing: ["MillraceStore"])
targets += service(
    "CategorizerService", folder: "Categorizer",
    ["Categorization", "Calendars", "Tables", "Decimals", "MillraceService", "MillraceStore", "Resilience", "Schemas"],
    testing: ["MillraceService", "MillraceProtocol", "Telemetry", "JSONCodec", log])
targets += service(
    "MetricsService", folder: "Metrics",
    [
        "Monitoring", "Exposition", "StatusPage", "Plots", "Telemetry", "Declarations", "WebClient", "MillraceService",
        "MillraceStore", "Resilience", "Schemas", http,
    ] + nio,
    testing: [
        "Simulators", "WebClient", "Exposition", "ExpositionReading", "Telemetry", "MillraceRPC", "MillraceProtocol",
        "JSONCodec",
    ])
targets += service(
    "BackOfficeWorker", folder: "BackOffice",
    [
        "MillraceWorker", "BackOffice", "Calendars", "Notion", "NotionBooks", "Chat", "ChatSummaries", "Mail",
        "ClinicCalendar", "WebClient", .product(name: "Crypto", package: "swift-crypto"),
    ],
    testing: ["Simulators"])
targets += service(
    "Control", folder: "Control",
    [
        "Calendars", "KindFiles", "DatasetFiles", "BackOffice", "Categorization", "MillraceStore", "MillraceRPC",
        "MillraceService", "MillraceProtocol", "Telemetry", "JSONCodec", "Linux", "CLinux", "Schemas", "Tables",
        "Plots", arguments, .product(name: "Crypto", package: "swift-crypto"),
    ])
targets.append(
    .executableTarget(
        name: "ExampleWorker", dependencies: ["MillraceWorker", "MillraceProtocol", "JSONCodec", "Linux"],
        path: "Examples/swift", exclude: ["README.md"], swiftSettings: strict))
// The simulated outside systems as a program: by hand, and for `millctl up --simulate`.
targets.append(
    .executableTarget(
        name: "Simulator", dependencies: ["Simulators", "JSONCodec", "Linux", arguments], path: "Tests/Simulator",
        swiftSettings: strict, linkerSettings: packed))
// What the crash tests kill; they find it beside the other executables.
targets.append(.executableTarget(name: "CrashWorker", path: "Tests/CrashWorker"))
// What is loaded into programs that were not built here, setpriv for one, can rest on no sanitizer.
let foreign: [CSetting] = [.unsafeFlags(["-fno-sanitize=all"])]
// What tests load into a process to move its wall clock.
targets.append(.target(name: "MovedClock", path: "Tests/MovedClock", cSettings: foreign))
// What tests load into a process to know what of its files has reached the disk.
targets.append(.target(name: "PowerCut", path: "Tests/PowerCut", cSettings: foreign))
// Measures what `make claims` writes down.
targets.append(
    .executableTarget(
        name: "Claims",
        dependencies: [
            "NotionBooks", "Notion", "BackOffice", "ClinicCalendar", "WebClient", "Simulators", "JSONCodec", "Linux",
            .product(name: "Crypto", package: "swift-crypto"),
        ],
        path: "Tests/Claims", swiftSettings: strict))
targets += [
    suite(
        "SchemaTests",
        [
            "RunnerService", "PreloaderService", "SchedulerService", "MetricsService", "MillraceProtocol",
            "MillraceService",
            "MillraceStore", "Schemas",
        ]),
    suite("UnitFileTests", ["RunnerService", "PreloaderService", "SchedulerService", "MetricsService"]),
    suite(
        "IntegrationTests",
        ["MillraceWorker", "MillraceRPC", "MillraceProtocol", "MillraceStore", "Simulators", "JSONCodec"]),
    suite("CrashTests", ["MillraceRPC", "MillraceProtocol", "BackOffice", "MillraceStore", "Telemetry"]),
    suite("TortureTests", ["MillraceRPC", "MillraceProtocol", "JSONCodec"]),
    suite("SystemdTests", ["MillraceWorker", "MillraceRPC", "MillraceProtocol", "Telemetry", "JSONCodec"]),
    suite("ExampleTests"),
]

let package = Package(
    name: "millrace",
    products: [
        .executable(name: "millrace-runner", targets: ["RunnerService"]),
        .executable(name: "millrace-preloader", targets: ["PreloaderService"]),
        .executable(name: "millrace-scheduler", targets: ["SchedulerService"]),
        .executable(name: "millrace-categorizer", targets: ["CategorizerService"]),
        .executable(name: "millrace-metrics", targets: ["MetricsService"]),
        .executable(name: "millrace-backoffice", targets: ["BackOfficeWorker"]),
        .executable(name: "millctl", targets: ["Control"]),
        .executable(name: "millrace-simulator", targets: ["Simulator"]),
        .library(name: "MillraceWorker", targets: ["MillraceWorker"]),
        .library(name: "MillraceRPC", targets: ["MillraceRPC"]),
        .library(name: "MillraceStore", targets: ["MillraceStore"]),
        .library(name: "MillraceProtocol", targets: ["MillraceProtocol"]),
        .library(name: "JSONCodec", targets: ["JSONCodec"]),
        .library(name: "Resilience", targets: ["Resilience"]),
        .library(name: "Linux", targets: ["Linux"]),
        // What the preloader's rules are, for their benchmarks.
        .library(name: "Preloading", targets: ["Preloading"]),
        .library(name: "Categorization", targets: ["Categorization"]),
        .library(name: "Calendars", targets: ["Calendars"]),
        .library(name: "Decimals", targets: ["Decimals"]),
        // What is counted, collected and told, for their benchmarks.
        .library(name: "Telemetry", targets: ["Telemetry"]),
        .library(name: "Exposition", targets: ["Exposition"]),
        .library(name: "Monitoring", targets: ["Monitoring"]),
        .library(name: "MovedClock", type: .dynamic, targets: ["MovedClock"]),
        // What reads files that people write, for Fuzzing.
        .library(name: "Readers", targets: ["Tables", "Declarations", "KindFiles"]),
        .library(name: "PowerCut", type: .dynamic, targets: ["PowerCut"]),
        // What the runner is made of, for benchmarks of its parts.
        .library(name: "RunnerParts", targets: ["KindFiles", "MillraceService", "Schemas"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        // The measure that percentiles are held to in tests.
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: targets,
    swiftLanguageModes: [.v6]
)
