// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableExperimentalFeature("Lifetimes"),
]

func suite(_ product: String) -> Target.Dependency { .product(name: product, package: "millrace") }

func executable(_ name: String, folder: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Sources/\(folder)", swiftSettings: strict)
}

/// What is measured as it is shipped. Building the back office takes longer than all else, and one suite needs it.
var programs = [
    suite("millrace-runner"), suite("millrace-preloader"), suite("millrace-categorizer"), suite("millrace-scheduler"),
    suite("millrace-metrics"), suite("millctl"),
]
if Context.environment["MILLRACE_BENCH_BACKOFFICE"] != "no" { programs.append(suite("millrace-backoffice")) }

let package = Package(
    name: "benchmarks",
    dependencies: [
        .package(name: "millrace", path: ".."),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        .target(name: "Samples", dependencies: [suite("MillraceRPC"), suite("JSONCodec")], swiftSettings: strict),
        executable("bench", folder: "Bench", ["Samples", suite("MillraceRPC")] + programs),
        executable("async-caller", folder: "AsyncCaller", ["Samples", suite("MillraceRPC")]),
        executable("noop-worker", folder: "NoopWorker", [suite("MillraceWorker"), suite("JSONCodec")]),
        // The runner's own sources once more, as a library whose inner parts can be timed one by one.
        .target(
            name: "RunnerInside",
            dependencies: [
                suite("RunnerParts"), suite("MillraceStore"), suite("Resilience"), suite("Telemetry"), suite("Linux"),
            ],
            path: "Sources/RunnerInside", exclude: ["Main.swift", "README.md"],
            swiftSettings: [
                .enableExperimentalFeature("Lifetimes"), .unsafeFlags(["-enable-testing", "-suppress-warnings"]),
            ]),
        executable("inside-times", folder: "InsideTimes", ["RunnerInside", suite("MillraceStore"), suite("Linux")]),
        executable(
            "categorization-times", folder: "CategorizationTimes",
            [suite("Categorization"), suite("Decimals"), suite("Linux")]),
        executable("calendar-times", folder: "CalendarTimes", [suite("Calendars"), suite("Linux")]),
        executable("codec-times", folder: "CodecTimes", ["Samples"]),
        executable(
            "metric-times", folder: "MetricTimes",
            [suite("Telemetry"), suite("Exposition"), suite("Monitoring"), suite("Linux")]),
        executable("preload-times", folder: "PreloadTimes", [suite("Preloading"), suite("JSONCodec"), suite("Linux")]),
        executable("resilience-times", folder: "ResilienceTimes", [suite("Resilience"), suite("Linux")]),
        executable(
            "echo-server", folder: "EchoServer",
            ["Samples", suite("MillraceRPC"), .product(name: "Logging", package: "swift-log")]),
    ],
    swiftLanguageModes: [.v6]
)
